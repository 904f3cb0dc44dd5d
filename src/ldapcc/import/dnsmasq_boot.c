/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "ldapcc/import/dnsmasq.h"

/*
 * Boot files of a dnsmasq.conf: which kinds of clients a tag is set for, and what each of them is
 * told. A kind has one attribute, and some kinds have one together; what they are told otherwise
 * than they were is named.
 */

/* Tags of kinds of clients */

static void left_kind(struct dnsmasq_line *l)
{
	dnsmasq_left(l,
		"tells clients apart by what has no place in the directory: what is "
		"told to its tag is not taken over");
}

/* Lines of one tag set it for the clients of each. */
static void set_clients(struct dnsmasq_line *l, const char *tag, unsigned clients)
{
	if (tag == NULL || clients == 0) {
		left_kind(l);
		return;
	}
	void **slot = table_slot(l->d->clients, tag);

	if (*slot == NULL)
		*slot = mem_new(l->im->mem_ctx, unsigned);
	*(unsigned *)*slot |= clients;
}

static unsigned with_arch(const char *text)
{
	unsigned clients = 0;
	uint64_t arch;

	for (unsigned i = 0; text_parse_u64(text, UINT8_MAX, &arch) && i < _CLIENT_MAX;
		i++)
		clients |= boot_clients[i].arch == arch ? 1U << i : 0;
	return clients;
}

/* A part of what they say is enough. */
static unsigned with_class(const char *text, bool is_vendors)
{
	unsigned clients = 0;

	for (unsigned i = 0; text[0] != '\0' && i < _CLIENT_MAX; i++)
		if (strstr(is_vendors ? boot_clients[i].vendor_class
				      : boot_clients[i].user_class,
			    text) != NULL)
			clients |= 1U << i;
	return clients;
}

static bool is_one_of(const char *word, const char *name, const char *number)
{
	return text_equal_case(word, name) || strcmp(word, number) == 0;
}

/* OPTION[,VALUE]; 175 is iPXE's own option */
static unsigned matched(const char *option, const char *value)
{
	if (strcmp(option, "175") == 0)
		return value == NULL ? CLIENTS_IPXE : 0;
	if (is_one_of(option, "client-arch", "93"))
		return value == NULL ? CLIENTS_ALL & ~(1U << CLIENT_SILENT)
				     : with_arch(value);
	if (value != NULL && is_one_of(option, "vendor-class", "60"))
		return with_class(value, true);
	if (value != NULL && is_one_of(option, "user-class", "77"))
		return with_class(value, false);
	return 0;
}

static const char *tag_of(const struct dnsmasq_line *l)
{
	return l->n > 1 ? dnsmasq_leading_tag(l, dnsmasq_sets) : NULL;
}

/* set:TAG,OPTION[,VALUE] */
void dnsmasq_match(struct dnsmasq_line *l)
{
	const char *tag = tag_of(l);
	const char *option = l->n > 1 ? l->fields[1] : "";

	option += text_has_prefix(option, "option:") ? strlen("option:") : 0;
	set_clients(
		l, tag, l->n > 3 ? 0 : matched(option, l->n == 3 ? l->fields[2] : NULL));
}

void dnsmasq_user_class(struct dnsmasq_line *l)
{
	set_clients(l, tag_of(l), l->n == 2 ? with_class(l->fields[1], false) : 0);
}

void dnsmasq_vendor_class(struct dnsmasq_line *l)
{
	set_clients(l, tag_of(l), l->n == 2 ? with_class(l->fields[1], true) : 0);
}

/* Boot files */

/* FILE[,NAME[,ADDRESS]]: without an address the server gives its own. */
void dnsmasq_boot(struct dnsmasq_line *l)
{
	struct dnsmasq_rule *rule = dnsmasq_add_rule(l, DNSMASQ_BOOT, false);

	if (l->n == 0) {
		dnsmasq_left(l, "has no file");
		return;
	}
	rule->text = l->fields[0];
	rule->server = l->n > 2 ? l->fields[2] : "";
	if (l->n > 1 && l->fields[1][0] != '\0')
		import_say(l->im, l->where,
			"the server's name '%s' is told no more, its address is",
			l->fields[1]);
}

/* The line that @whom boots by: the last with tags that holds, else the last without. */
static struct dnsmasq_rule *boot_of(struct dnsmasq *d, const struct dnsmasq_whom *whom)
{
	struct dnsmasq_rule *found = NULL;

	for (size_t i = 0; i < d->n_boots; i++) {
		struct dnsmasq_rule *rule = d->boots[i];

		if (!dnsmasq_is_for(d, rule, whom))
			continue;
		rule->is_held = true;
		if (found == NULL || rule->n_tags > 0 || found->n_tags == 0)
			found = rule;
	}
	return found;
}

static const char *text_of(const struct dnsmasq_rule *rule)
{
	return rule == NULL ? NULL : rule->text;
}

static bool is_url(const struct dnsmasq_rule *rule)
{
	return rule != NULL && strstr(rule->text, "://") != NULL;
}

static bool is_same(const struct dnsmasq_rule *a, const struct dnsmasq_rule *b)
{
	return text_compare(text_of(a), text_of(b)) == 0;
}

static void set_next_server(
	struct dnsmasq *d, struct import_scope *scope, const struct dnsmasq_rule *rule)
{
	struct import_value *value = &scope->values[IMPORT_NEXT_SERVER];

	if (rule->server == NULL)
		return;
	if (rule->server[0] == '\0')
		import_left(d->im, rule->where,
			"'dhcp-boot' gives the server's own address as next server, which "
			"is not known here: write it");
	else if (value->text != NULL && strcmp(value->text, rule->server) != 0)
		import_left(d->im, rule->where,
			"next server '%s' is not taken over: all kinds of clients have "
			"'%s', that of another line",
			rule->server, value->text);
	else
		*value = (struct import_value){rule->server, rule->where};
}

static void set_file(struct dnsmasq *d, struct import_scope *scope,
	enum import_option option, const struct dnsmasq_rule *rule)
{
	if (rule == NULL)
		return;
	scope->values[option] = (struct import_value){rule->text, rule->where};
	set_next_server(d, scope, rule);
}

/* Whoever says no architecture is told the file of PC BIOS here. */
static void set_bios(
	struct dnsmasq *d, struct import_scope *scope, struct dnsmasq_rule *const *rules)
{
	const struct dnsmasq_rule *bios = rules[CLIENT_BIOS];

	set_file(d, scope, IMPORT_BOOT_FILE, bios);
	if (bios != NULL && !is_same(bios, rules[CLIENT_SILENT]))
		import_say(d->im, bios->where,
			"'%s' is told from now on to clients that say nothing of themselves, "
			"too",
			bios->text);
}

/* Both numbers of x86-64 UEFI have one attribute; 7 is what firmware says. */
static void set_uefi(
	struct dnsmasq *d, struct import_scope *scope, struct dnsmasq_rule *const *rules)
{
	const struct dnsmasq_rule *seven = rules[CLIENT_UEFI];
	const struct dnsmasq_rule *nine = rules[CLIENT_UEFI_9];
	const struct dnsmasq_rule *one = seven == NULL ? nine : seven;

	set_file(d, scope, IMPORT_BOOT_FILE_UEFI, one);
	if (one == NULL || is_same(seven, nine))
		return;
	/* the file of PC BIOS is nothing to them */
	if (seven == NULL || nine == NULL || is_same(nine, rules[CLIENT_BIOS]))
		import_say(d->im, one->where,
			"'%s' is told from now on to UEFI clients of number %s, too",
			one->text, seven == NULL ? "7" : "9");
	else
		import_left(d->im, nine->where,
			"'%s' is not taken over: UEFI clients of number 9 are told what "
			"those of 7 are, '%s'",
			nine->text, seven->text);
}

/* What iPXE and HTTP boot are told on machines of another kind. */
static void check_others(struct dnsmasq *d, const struct dnsmasq_rule *rule,
	const struct dnsmasq_rule *other)
{
	if (is_url(other) && !is_same(rule, other))
		import_left(d->im, other->where,
			"'%s' is not taken over: iPXE and HTTP boot are told the same on "
			"all kinds of machines",
			other->text);
}

/* A path is nothing to HTTP boot; to iPXE it is, and no attribute has it. */
static void check_paths(struct dnsmasq *d, struct dnsmasq_rule *const *rules)
{
	static const enum boot_client pairs[][2] = {
		{CLIENT_IPXE, CLIENT_BIOS}, {CLIENT_IPXE_UEFI, CLIENT_UEFI}};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		const struct dnsmasq_rule *rule = rules[pairs[i][0]];

		if (rule != NULL && rule->text[0] != '\0' && !is_url(rule) &&
			!is_same(rule, rules[pairs[i][1]]))
			import_left(d->im, rule->where,
				"'%s' is no URL, as iPXE and HTTP boot are given: write "
				"tftp://SERVER/%s",
				rule->text, rule->text);
	}
	const struct dnsmasq_rule *http = rules[CLIENT_HTTP];

	if (http != NULL && http->text[0] != '\0' && !is_url(http))
		import_say(d->im, http->where,
			"'%s' is no URL: HTTP boot clients, which got it too, get nothing",
			http->text);
}

/* iPXE and HTTP boot have one attribute, which is a URL. */
static void set_url(
	struct dnsmasq *d, struct import_scope *scope, struct dnsmasq_rule *const *rules)
{
	const struct dnsmasq_rule *ipxe = rules[CLIENT_IPXE];
	const struct dnsmasq_rule *http = rules[CLIENT_HTTP];
	const struct dnsmasq_rule *url = is_url(ipxe) ? ipxe : is_url(http) ? http : NULL;

	check_others(d, ipxe, rules[CLIENT_IPXE_UEFI]);
	check_others(d, http, rules[CLIENT_HTTP_ARM64]);
	if (url == NULL) {
		check_paths(d, rules);
		return;
	}
	scope->values[IMPORT_BOOT_URL] = (struct import_value){url->text, url->where};
	if (is_url(ipxe) && is_url(http) && !is_same(ipxe, http))
		import_left(d->im, http->where,
			"HTTP boot and iPXE are told the same URL, and here it is '%s' and "
			"'%s': that of iPXE is taken",
			http->text, ipxe->text);
	else if (!is_same(ipxe, http))
		import_say(d->im, url->where, "'%s' is told to %s from now on, too",
			url->text, url == ipxe ? "HTTP boot clients" : "iPXE");
}

void dnsmasq_settle_boot(
	struct dnsmasq *d, struct import_scope *scope, struct dnsmasq_whom whom)
{
	struct dnsmasq_rule *rules[_CLIENT_MAX];

	for (int i = 0; i < _CLIENT_MAX; i++) {
		whom.client = i;
		rules[i] = boot_of(d, &whom);
	}
	set_bios(d, scope, rules);
	set_uefi(d, scope, rules);
	set_file(d, scope, IMPORT_BOOT_FILE_ARM64, rules[CLIENT_ARM64]);
	set_url(d, scope, rules);
}

void dnsmasq_settle_boots(struct dnsmasq *d)
{
	for (size_t i = 0; i < d->n_rules; i++)
		if (d->rules[i]->what == DNSMASQ_BOOT && d->rules[i]->text != NULL)
			*mem_push(d->im->mem_ctx, &d->boots, &d->n_boots) = d->rules[i];
	if (d->n_boots == 0)
		return;
	dnsmasq_settle_boot(d, &d->im->scope, (struct dnsmasq_whom){NULL, NULL, -1});
	for (size_t i = 0; i < d->im->n_networks; i++) {
		struct import_network *network = &d->im->networks[i];

		if (network->prefix.base.family == 4)
			dnsmasq_settle_boot(d, &network->scope,
				(struct dnsmasq_whom){network, NULL, -1});
	}
}
