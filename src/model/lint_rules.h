/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Lint in several files: lint.c has what addresses, names, networks and references must be,
 * lint_duplicates.c who of several keeps an address or a MAC,
 * lint_yield.c what counts for nothing beside another, lint_vcn.c what a host must have to run its VCNs, lint_install.c what an installer
 * needs, lint_apt.c what Debian's and Ubuntu's take, lint_ports.c what it can make of a host's interfaces, lint_dns.c what DNS records
 * and zones must be. A rule is about the whole site, or about one node (lint_node.h), and stops at
 * nothing.
 */

#include "model/report.h"

/* Addresses and MACs that several have (lint_duplicates.c) */
void lint_duplicates(struct reporter *r);
struct trial;
/* Before: of what several may have; each by one thread, below a context of its own. */
void lint_sift_addresses(
	TALLOC_CTX *mem_ctx, const struct site *site, struct trial *trial);
void lint_sift_macs(TALLOC_CTX *mem_ctx, const struct site *site, struct trial *trial);
/* Networks, their ranges and gateways (lint_network.c) */
void lint_networks(struct reporter *r);
/* Has an address another length than its network? (lint_network.c) */
void lint_address_length(
	struct reporter *r, struct interface *interface, const struct address *address);
/* Reports @record where another stands in its place, or none of several; false: it is no such one */
bool lint_yield(struct reporter *r, struct record *record);
/* Last: where what counts has a fault the lesser one does not stand in for it. */
void lint_yielded(struct reporter *r);
/* VCNs on their hosts: bridges, images, capacity (lint_vcn.c) */
void lint_vcns(struct reporter *r);
/* Groups whose VCNs are to be on different hosts (lint_spread.c) */
void lint_spread(struct reporter *r);
/* Names in a directory's zones that are not served (lint_zone.c) */
void lint_zone(struct reporter *r);
/* DNS records and zones (lint_dns.c); after the names were given out */
void lint_dns(struct reporter *r);
/* What DHCP clients are told, and what a server cannot tell them (lint_dhcp.c) */
void lint_dhcp(struct reporter *r);
/* What an image boots, and who runs from one file (lint_vcn.c) */
void lint_images(struct reporter *r);
/* Repositories, profiles, and hosts that are to be installed (lint_install.c) */
void lint_installs(struct reporter *r);
struct release;
/* What apt makes of a profile of Debian or Ubuntu (lint_apt.c) */
void lint_apt(struct reporter *r, struct profile *profile, const struct release *release);
/* Bonds, VLANs and bridges of hosts (lint_ports.c) */
void lint_ports(struct reporter *r);

/* Rules about one node (lint_node.h) */

/* What it refers to, its interfaces, the names that were put together (lint.c) */
void lint_references(struct reporter *r, struct machine *machine);
void lint_interfaces(struct reporter *r, struct machine *machine);
void lint_whole_names(struct reporter *r, struct machine *machine);
/* Interfaces of it that have one name (lint_duplicates.c); a part of the rule before */
void lint_labels(struct reporter *r, const struct machine *machine);
/* Its own boot server, what a DHCP server cannot tell its clients, DUIDs (lint_dhcp.c) */
void lint_next_server(struct reporter *r, struct machine *machine);
void lint_clients(struct reporter *r, struct machine *machine);
void lint_duids(struct reporter *r, struct machine *machine);
/* A host that is to be installed (lint_install.c), and what becomes of its ports (lint_ports.c) */
void lint_install(struct reporter *r, struct machine *host);
void lint_ports_of(struct reporter *r, struct machine *machine);
/* VLANs and guests with a larger MTU than what is below them (lint_mtu.c) */
void lint_mtu(struct reporter *r, struct machine *machine);
/* Whether a VCN writes to a file; it itself, and a host for all its VCNs (lint_vcn.c) */
void lint_writer(struct reporter *r, struct machine *vcn);
void lint_vcn(struct reporter *r, struct machine *vcn);
void lint_vm_host(struct reporter *r, struct machine *host);

/* Of two in conflict: is @first rather what it was in the last generation? */
bool lint_stands_above(const struct machine *first, const struct machine *second);
/* The value in the directory. */
struct loc lint_place_of_address(const struct reporter *r,
	const struct interface *interface, const struct address *address);
struct loc lint_place_of_mac(const struct reporter *r, const struct interface *interface,
	const struct hardware *hardware);

/* Points at the other side of a conflict. */
void lint_note(struct reporter *r, struct finding *finding, const struct record *record,
	enum field_id field, const char *text);
/* Nothing is missing where a value was there and was refused: that has been reported. */
void lint_missing(
	struct reporter *r, struct record *record, enum field_id field, const char *text);
