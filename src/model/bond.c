/* SPDX-License-Identifier: Apache-2.0 */
#include "model/bond.h"

#include <string.h>

#include "base/text.h"

/* Values that the driver also takes by number. */
static const char *const modes[] = {"balance-rr", "active-backup", "balance-xor",
	"broadcast", "802.3ad", "balance-tlb", "balance-alb", NULL};
static const char *const rates[] = {"slow", "fast", NULL};
static const char *const selects[] = {"stable", "bandwidth", "count", NULL};
static const char *const hashes[] = {
	"layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac", NULL};
static const char *const truths[] = {"false", "true", NULL};
static const char *const validations[] = {"none", "active", "backup", "all", NULL};
static const char *const targets[] = {"any", "all", NULL};
static const char *const policies[] = {"none", "active", "follow", NULL};
static const char *const reselections[] = {"always", "better", "failure", NULL};

static const struct row {
	const char *option, *netplan;
	const char *const *numbers;
} rows[] = {
	{"mode", "mode", modes},
	{"miimon", "mii-monitor-interval", NULL},
	{"updelay", "up-delay", NULL},
	{"downdelay", "down-delay", NULL},
	{"lacp_rate", "lacp-rate", rates},
	{"ad_select", "ad-select", selects},
	{"xmit_hash_policy", "transmit-hash-policy", hashes},
	{"min_links", "min-links", NULL},
	{"all_slaves_active", "all-members-active", truths},
	{"arp_interval", "arp-interval", NULL},
	{"arp_validate", "arp-validate", validations},
	{"arp_all_targets", "arp-all-targets", targets},
	{"fail_over_mac", "fail-over-mac-policy", policies},
	{"num_grat_arp", "gratuitous-arp", NULL},
	{"packets_per_slave", "packets-per-member", NULL},
	{"primary_reselect", "primary-reselect-policy", reselections},
	{"resend_igmp", "resend-igmp", NULL},
	{"lp_interval", "learn-packet-interval", NULL},
};

static const struct row *find_row(const char *option, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strlen(rows[i].option) == len &&
			memcmp(rows[i].option, option, len) == 0)
			return &rows[i];
	return NULL;
}

static const char *value_of(const struct row *row, const char *value)
{
	uint64_t number;

	if (row->numbers == NULL ||
		!text_parse_u64(value, ARRAY_SIZE(modes) - 2, &number))
		return value;
	for (uint64_t i = 0; row->numbers[i] != NULL; i++)
		if (i == number)
			return row->numbers[i];
	return value;
}

bool bond_knows_mode(const char *value)
{
	uint64_t number;

	for (size_t i = 0; modes[i] != NULL; i++)
		if (strcmp(modes[i], value) == 0)
			return true;
	return text_parse_u64(value, ARRAY_SIZE(modes) - 2, &number);
}

struct bond_parameter *bond_parameters(
	struct arena *arena, const char *options, uint32_t *ret_n)
{
	TMP_CTX(tmp);
	size_t n;
	char **words = text_split(tmp,
		options == NULL ? "mode=active-backup,miimon=100" : options, ',', &n);
	struct bond_parameter *found =
		arena_alloc(arena, (n + 1) * sizeof(struct bond_parameter));

	*ret_n = 0;
	for (size_t i = 0; i < n; i++) {
		const char *equals = strchr(words[i], '=');
		const struct row *row =
			equals == NULL ? NULL
				       : find_row(words[i], (size_t)(equals - words[i]));

		if (row != NULL)
			found[(*ret_n)++] = (struct bond_parameter){row->netplan,
				arena_strdup(arena, value_of(row, equals + 1))};
	}
	return found;
}

const char *bond_foreign_option(struct arena *arena, const char *options)
{
	for (const char *at = options; at != NULL && *at != '\0';) {
		size_t len = strcspn(at, "=");

		if (find_row(at, len) == NULL)
			return arena_strndup(arena, at, len);
		at += strcspn(at, ",");
		at += *at == ',';
	}
	return NULL;
}
