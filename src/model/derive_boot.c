/* SPDX-License-Identifier: Apache-2.0 */
#include "model/derive_boot.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/derive_dhcp.h"
#include "model/dhcp_option.h"

bool boot_says(const struct boot *boot)
{
	return boot->next_server != NULL || boot->file != NULL ||
	       boot->file_uefi != NULL || boot->file_arm64 != NULL || boot->url != NULL;
}

static const char *first_of(const char *own, const char *other)
{
	return own != NULL ? own : other;
}

/*
 * A node's own server that has no address of the family, or none that is known, is none of its
 * clients': they are told @other's, by every server alike.
 */
static struct boot merged(struct site *site, const struct boot *own,
	const struct boot *other, const char *domain, unsigned family)
{
	bool is_told = ip_is_set(derive_server(site, own->next_server, domain, family));

	return (struct boot){
		.next_server = is_told ? own->next_server : other->next_server,
		.file = first_of(own->file, other->file),
		.file_uefi = first_of(own->file_uefi, other->file_uefi),
		.file_arm64 = first_of(own->file_arm64, other->file_arm64),
		.url = first_of(own->url, other->url)};
}

/* DHCPv6 has URLs only: of a file on the TFTP server, tftp://[ADDRESS]/FILE (RFC 5970). */
static const char *url_of_file(struct site *site, const char *file, struct ip server)
{
	char text[IP_TEXT_MAX];

	if (file == NULL || strstr(file, "://") != NULL)
		return file;
	if (!ip_is_set(server))
		return NULL;
	return arena_printf(site->arena, "tftp://[%s]/%s", ip_format(server, text),
		file[0] == '/' ? file + 1 : file);
}

/* iPXE gets what HTTP boot does, else the script that leads to each machine's own. */
static const char *script_of(struct site *site, const struct boot *boot)
{
	const char *server = model_cluster(site)->install_server;

	if (boot->url != NULL || site->boot_script == NULL || server == NULL ||
		!boot_says(boot))
		return boot->url;
	/* lint has reported it */
	if (strlen(server) + 1 + strlen(site->boot_script) > BOOT_FILE_MAX)
		return NULL;
	return arena_printf(site->arena, "%s/%s", server, site->boot_script);
}

static struct boot_choice choice_of(struct site *site, const struct boot *boot,
	const char *domain, unsigned family, bool is_own)
{
	struct boot_choice choice = {.is_own = is_own,
		.is_ipv6 = family == 6,
		.next_server = derive_server(site, boot->next_server, domain, family),
		.file = boot->file,
		.file_uefi = boot->file_uefi,
		.file_arm64 = boot->file_arm64,
		.url = boot->url,
		.script = script_of(site, boot)};

	if (family == 6) {
		choice.file = NULL;
		choice.file_uefi = url_of_file(site, boot->file_uefi, choice.next_server);
		choice.file_arm64 =
			url_of_file(site, boot->file_arm64, choice.next_server);
	}
	return choice;
}

static const char *choice_key(TALLOC_CTX *mem_ctx, const struct boot_choice *choice)
{
	char text[IP_TEXT_MAX];
	const char *const members[] = {
		choice->file, choice->file_uefi, choice->file_arm64, choice->url};
	bool has_default = text_compare(choice->script, choice->url) != 0;
	struct buffer *key = buffer_new(mem_ctx);

	buffer_printf(key, "%d%d %s", choice->is_own, choice->is_ipv6,
		ip_format(choice->next_server, text));
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		buffer_printf(key, "\n%s", members[i] == NULL ? "" : members[i]);
	if (has_default)
		buffer_printf(key, "\n%s", choice->script);
	return key->data;
}

/*
 * It stays while the values do that @key is made of. dnsmasq takes digits alone for a number, and such
 * before a d for a time: a letter is in front.
 */
static const char *choice_id(struct arena *arena, const char *key)
{
	char *id = arena_printf(arena, "%016llx",
		(unsigned long long)hash_end(hash_bytes(HASH_START, key, strlen(key))));

	if (strspn(id, "0123456789") >= 15)
		id[0] = (char)(id[0] - '0' + 'a');
	return id;
}

struct choosing {
	struct site *site;
	struct table *known; /* by key */
	size_t n;
};

/* The one object for these values; NULL where they are none. */
static const struct boot_choice *keep_choice(
	struct choosing *c, const struct boot_choice *choice)
{
	TMP_CTX(tmp);
	const char *key = choice_key(tmp, choice);
	struct boot_choice *known = table_find(c->known, key);

	if (known != NULL)
		return known;
	if (!ip_is_set(choice->next_server) && choice->file == NULL &&
		choice->file_uefi == NULL && choice->file_arm64 == NULL &&
		choice->url == NULL)
		return NULL;
	known = arena_alloc(c->site->arena, sizeof(*known));
	*known = *choice;
	known->id = choice_id(c->site->arena, key);
	*table_slot(c->known, arena_strdup(c->site->arena, key)) = known;
	*mem_push(c->site, &c->site->choices, &c->n) = known;
	return known;
}

/* What a node's own values and @network's make together; NULL: the network's will do. */
static const struct boot_choice *own_choice(struct choosing *c,
	const struct machine *machine, const struct boot *network, const char *domain,
	unsigned family, const struct boot_choice *of_network)
{
	TMP_CTX(tmp);
	struct boot boot = merged(c->site, &machine->rare->boot, network, domain, family);
	struct boot_choice choice = choice_of(c->site, &boot, domain, family, false);

	if (of_network != NULL &&
		strcmp(choice_key(tmp, &choice), choice_key(tmp, of_network)) == 0)
		return NULL;
	choice.is_own = true;
	return keep_choice(c, &choice);
}

static int compare_choices(const void *left, const void *right)
{
	const struct boot_choice *a = *(const struct boot_choice *const *)left;
	const struct boot_choice *b = *(const struct boot_choice *const *)right;

	return strcmp(a->id, b->id);
}

/* Sorted, each once. */
static uint32_t settle_choices(const struct boot_choice **choices, size_t n)
{
	uint32_t kept = 0;

	if (n > 1)
		qsort(choices, n, sizeof(*choices), compare_choices);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || choices[i] != choices[i - 1])
			choices[kept++] = choices[i];
	return kept;
}

static bool has_roaming_choice(
	const struct network *network, const struct boot_choice *choice)
{
	for (uint32_t i = 0; i < network->n_roaming_choices; i++)
		if (network->roaming_choices[i].roaming == choice)
			return true;
	return false;
}

/*
 * What a node without an address is told here: its own values, and this network's, where its
 * one choice has only what all networks say.
 */
static void add_roaming_choice(struct choosing *c, struct network *network,
	const struct reservation *reservation)
{
	TMP_CTX(tmp);
	struct boot boot = merged(c->site, &reservation->interface->machine->rare->boot,
		&network->boot, network->zone, 4);
	struct boot_choice choice = choice_of(c->site, &boot, network->zone, 4, true);
	const char *key = choice_key(tmp, &choice);
	char text[IP_TEXT_MAX];
	size_t n = network->n_roaming_choices;

	if (strcmp(key, choice_key(tmp, reservation->own_choice)) == 0 ||
		has_roaming_choice(network, reservation->own_choice))
		return;
	key = mem_printf(tmp, "%s\n%s/%u", key, ip_format(network->prefix.base, text),
		network->prefix.length);
	choice.id = choice_id(c->site->arena, key);
	choice.roaming = reservation->own_choice;
	/* iPXE is told one script wherever it comes: other servers have no place for more */
	if (choice.roaming->script != NULL)
		choice.script = choice.roaming->script;
	*mem_push(c->site, &network->roaming_choices, &n) = choice;
	network->n_roaming_choices = (uint32_t)n;
}

static void choose_in(struct choosing *c, struct network *network)
{
	unsigned family = network->prefix.base.family;
	struct boot_choice choice =
		choice_of(c->site, &network->boot, network->zone, family, false);
	size_t n = 0;

	network->choice = keep_choice(c, &choice);
	network->own_choices = NULL;
	for (uint32_t i = 0; i < network->n_reservations; i++) {
		struct reservation *reservation = &network->reservations[i];

		if (reservation->has_own_boot)
			reservation->own_choice = own_choice(c,
				reservation->interface->machine, &network->boot,
				network->zone, family, network->choice);
		if (reservation->own_choice != NULL)
			*mem_push(c->site, &network->own_choices, &n) =
				reservation->own_choice;
	}
	network->roaming_choices = NULL;
	network->n_roaming_choices = 0;
	for (uint32_t i = 0;
		i < c->site->n_roaming && family == 4 && network->n_pools > 0; i++) {
		const struct reservation *roaming = &c->site->roaming[i];

		if (roaming->own_choice == NULL)
			continue;
		*mem_push(c->site, &network->own_choices, &n) = roaming->own_choice;
		add_roaming_choice(c, network, roaming);
	}
	network->n_own_choices = settle_choices(network->own_choices, n);
}

static void keep_common(const char **common, const char *other, bool is_first)
{
	if (is_first)
		*common = other;
	else if (text_compare(*common, other) != 0)
		*common = NULL;
}

/* What all networks say that have a range: whoever has no address gets one of theirs. */
static struct boot common_boot(const struct site *site)
{
	struct boot common = {0};
	bool is_first = true;

	for (size_t i = 0; i < site->n_networks; i++) {
		const struct network *network = site->networks[i];
		const struct boot *boot = &network->boot;

		if (network->prefix.base.family != 4 || network->n_pools == 0)
			continue;
		keep_common(&common.next_server, boot->next_server, is_first);
		keep_common(&common.file, boot->file, is_first);
		keep_common(&common.file_uefi, boot->file_uefi, is_first);
		keep_common(&common.file_arm64, boot->file_arm64, is_first);
		keep_common(&common.url, boot->url, is_first);
		is_first = false;
	}
	return common;
}

void derive_boot(struct site *site)
{
	TMP_CTX(tmp);
	struct choosing c = {.site = site, .known = table_new(tmp, 16)};
	struct boot common = common_boot(site);

	site->choices = NULL;
	for (uint32_t i = 0; i < site->n_roaming; i++)
		if (site->roaming[i].has_own_boot)
			site->roaming[i].own_choice =
				own_choice(&c, site->roaming[i].interface->machine,
					&common, model_domain(site, NULL), 4, NULL);
	for (size_t i = 0; i < site->n_networks; i++)
		choose_in(&c, site->networks[i]);
	site->n_choices = (uint32_t)c.n;
	if (c.n > 1)
		qsort(site->choices, c.n, sizeof(*site->choices), compare_choices);
}
