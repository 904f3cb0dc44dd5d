/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "vcn/guest/nftables.h"

enum { LOOKS = 3000 };

static const char table[] =
	"table netdev vcn0 { chain ingress { type filter hook ingress device \"lo\" "
	"priority 0; ether type 0x8100 drop; }; }";

static bool run_nft(const char *text)
{
	const char *const words[] = {"nft", text, NULL};
	int status = 0;
	pid_t pid;

	return posix_spawnp(&pid, words[0], NULL, NULL, (char *const *)(uintptr_t)words,
		       environ) == 0 &&
	       waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

/* Another program that changes tables of its own all the time, as Docker does for a moment. */
static pid_t start_churn(void)
{
	pid_t churn = fork();

	if (churn != 0)
		return churn;
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	while (run_nft("add table netdev churn; delete table netdev churn"))
		;
	_exit(0);
}

static void test_churn(void **state)
{
	TMP_CTX(tmp);
	struct buffer *before = buffer_new(tmp), *now = buffer_new(tmp);

	(void)state;
	if (unshare(CLONE_NEWNET) < 0 || !run_nft(table))
		skip(); /* no privilege, no nft(8), or a kernel without the netdev family */
	struct nftables *nft = nftables_open(tmp);

	assert_non_null(nft);
	assert_int_equal(nftables_print(nft, "vcn0", "ingress", before), 0);
	assert_true(before->len > 0);
	pid_t churn = start_churn();

	for (int i = 0; i < LOOKS; i++) {
		struct nftables_table *tables;
		size_t n;

		buffer_truncate(now, 0);
		assert_int_equal(nftables_print(nft, "vcn0", "ingress", now), 0);
		assert_int_equal(now->len, before->len);
		assert_memory_equal(now->data, before->data, before->len);
		assert_int_equal(nftables_list(nft, tmp, &tables, &n), 0);
		assert_in_range(n, 1, 2);
	}
	kill(churn, SIGKILL);
	waitpid(churn, NULL, 0);
}

/* A chain that is used before it is told, and one with the name of another's beginning. */
static const char source[] =
	"table netdev lo { chain ingress { ether type 0x8100 drop; jump in; jump inner; }; "
	"chain inner { ip saddr 192.0.2.1 return; drop; }; chain in { ip6 nexthdr 0 drop; }; }";

static void test_copy(void **state)
{
	TMP_CTX(tmp);
	struct buffer *copy = buffer_new(tmp), *before = buffer_new(tmp),
		      *now = buffer_new(tmp);

	(void)state;
	if (unshare(CLONE_NEWNET) < 0 || !run_nft(source))
		skip();
	struct nftables *nft = nftables_open(tmp);

	assert_non_null(nft);
	assert_int_equal(nftables_copy(nft, "none", "ingress", copy), -ENOENT);
	assert_int_equal(nftables_copy(nft, "lo", "ingress", copy), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(nftables_send(nft, copy), 0);
		buffer_truncate(i == 0 ? before : now, 0);
		assert_int_equal(
			nftables_print(nft, "lo", "ingress", i == 0 ? before : now), 0);
		assert_true(run_nft("add rule netdev lo ingress accept"));
	}
	/* but for handles */
	assert_int_equal(before->len, now->len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_churn),
		cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
