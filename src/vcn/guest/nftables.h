/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What nf_tables has in the netdev family, read, removed and written again over nfnetlink. Who
 * makes messages of rules is libnftables (ingress.h), which is too large to stay in a supervisor.
 *
 * source: Linux include/uapi/linux/netfilter/nf_tables.h
 */

#include "base/mem.h"

struct nftables;

/* NULL where the kernel has no netfilter, or we no privilege. */
struct nftables *nftables_open(TALLOC_CTX *mem_ctx) _must_check_;

/* A handle is never given twice, a name may be. */
struct nftables_table {
	const char *name;
	uint64_t handle;
};

/*
 * nftables_list - the tables of the netdev family
 *
 * memory:  *ret_tables and names below @mem_ctx
 * returns: 0 or -errno
 */
int nftables_list(struct nftables *nft, TALLOC_CTX *mem_ctx,
	struct nftables_table **ret_tables, size_t *ret_n) _must_check_;
/* Removes a table with all that is in it; 0 or -errno. */
int nftables_delete(struct nftables *nft, uint64_t handle) _must_check_;
/*
 * nftables_print - a chain with its hook, and all rules of its table, as the kernel tells them
 *
 * shape:   the same bytes for as long as nobody touches them; nothing where the chain is not
 *          there
 * memory:  appended to @b
 * returns: 0 or -errno
 */
int nftables_print(struct nftables *nft, const char *table, const char *chain,
	struct buffer *b) _must_check_;
/*
 * nftables_copy - the transaction that makes a table as it is now, whatever is there by then
 *
 * shape:   a table without sets, whose chains have rules and no hooks; the copy's @base is the ingress
 *          chain of the interface that has the table's name, and accepts what no rule drops
 * memory:  appended to @b
 * returns: 0 or -errno
 */
int nftables_copy(struct nftables *nft, const char *table, const char *base,
	struct buffer *b) _must_check_;
/* Does what nftables_copy() has written down: all of it, or nothing; 0 or -errno. */
int nftables_send(struct nftables *nft, const struct buffer *transaction) _must_check_;
