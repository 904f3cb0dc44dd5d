/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "ldapcc/import/dhcpd.h"

/*
 * Boot files by kind of client. A condition is tried with one client of each kind that has an
 * attribute here: it is true for some of them, false for others, and of what nobody can know
 * here (an agent's circuit, a class) neither.
 */

enum { BIT_HTTP = 1U << CLIENT_HTTP | 1U << CLIENT_HTTP_ARM64 };
enum { BIT_SILENT = 1U << CLIENT_SILENT };
enum { CODE_VENDOR_CLASS = 60, CODE_USER_CLASS = 77, CODE_ARCH = 93, CODE_IPXE = 175 };

/* Boot files */

static bool is_url(const char *text)
{
	return strstr(text, "://") != NULL;
}

static bool has(unsigned mask, enum boot_client client)
{
	return (mask & 1U << client) != 0;
}

static const char *url_of(const struct dhcpd_around *a, enum boot_client client)
{
	const char *text = a->files[client].text;

	return text != NULL && is_url(text) ? text : NULL;
}

/* The attribute is that of HTTP boot and of iPXE, which told them two. */
static void check_both(struct dhcpd_parser *p, const struct dhcpd_around *a,
	unsigned mask, const char *text, struct loc where)
{
	enum boot_client other = has(mask, CLIENT_IPXE) ? CLIENT_HTTP : CLIENT_IPXE;
	const char *url = url_of(a, other);

	if (p->is_muted)
		return;
	if (url == NULL)
		import_say(p->im, where, "'%s' is told to %s from now on, too", text,
			other == CLIENT_HTTP ? "HTTP boot clients" : "iPXE");
	else if (strcmp(url, text) != 0)
		import_left(p->im, where,
			"HTTP boot and iPXE are told the same URL, and here it is '%s' and "
			"'%s': that of iPXE is taken",
			text, url);
}

/* What is no URL: nothing for HTTP boot, and no attribute's for iPXE alone. */
static bool is_path_kept(struct dhcpd_parser *p, const struct dhcpd_around *a,
	unsigned mask, const char *text, struct loc where)
{
	bool is_ipxes = has(mask, CLIENT_IPXE), is_https = has(mask, CLIENT_HTTP);
	const char *other = is_ipxes ? url_of(a, CLIENT_HTTP) : url_of(a, CLIENT_IPXE);

	if (is_ipxes && !has(mask, CLIENT_BIOS) && text[0] != '\0') {
		if (!p->is_muted)
			import_left(p->im, where,
				"'%s' is no URL, as iPXE is given: write tftp://SERVER/%s",
				text, text);
		return false;
	}
	if (is_ipxes != is_https && other != NULL)
		return false;
	if (is_https && text[0] != '\0' && a->host == NULL && !p->is_muted)
		import_say(p->im, where,
			"'%s' is no URL: HTTP boot clients, which got it too, get nothing",
			text);
	return true;
}

/* iPXE and HTTP boot have one attribute, which is a URL. */
static void settle_url(struct dhcpd_parser *p, struct dhcpd_around *a, unsigned mask,
	const char *text, struct loc where)
{
	if (!has(mask, CLIENT_IPXE) && !has(mask, CLIENT_HTTP)) {
		bool is_own = has(mask, CLIENT_HTTP_ARM64) || !has(mask, CLIENT_UEFI);

		if (is_own && is_url(text) && !p->is_muted &&
			text_compare(a->scope.values[IMPORT_BOOT_URL].text, text) != 0)
			import_left(p->im, where,
				"'%s' is not taken over: iPXE and HTTP boot are told the "
				"same on all kinds of machines",
				text);
		return;
	}
	if (!is_url(text)) {
		if (is_path_kept(p, a, mask, text, where))
			dhcpd_set(a, IMPORT_BOOT_URL, "", where);
		return;
	}
	if (has(mask, CLIENT_IPXE) != has(mask, CLIENT_HTTP))
		check_both(p, a, mask, text, where);
	if (has(mask, CLIENT_IPXE) || url_of(a, CLIENT_IPXE) == NULL)
		dhcpd_set(a, IMPORT_BOOT_URL, text, where);
}

/* Both numbers of x86-64 UEFI have one attribute; 7 is what firmware says. */
static void settle_uefi(struct dhcpd_parser *p, struct dhcpd_around *a, unsigned mask,
	const char *text, struct loc where)
{
	const char *seven = a->files[CLIENT_UEFI].text;

	if (has(mask, CLIENT_UEFI) || seven == NULL)
		dhcpd_set(a, IMPORT_BOOT_FILE_UEFI, text, where);
	else if (strcmp(seven, text) != 0 && !p->is_muted)
		import_left(p->im, where,
			"'%s' is not taken over: UEFI clients of number 00:09 are told what "
			"those of 00:07 are, '%s'",
			text, seven);
}

/* What stands above subnets of both families is one value here: the later one. */
static void check_families(struct dhcpd_parser *p, const struct dhcpd_around *a)
{
	for (enum import_option option = IMPORT_BOOT_FILE_UEFI;
		option <= IMPORT_BOOT_URL && a->host == NULL && !p->is_muted; option++) {
		const struct import_value *value = &a->scope.values[option];

		if (value->text != NULL && value->text[0] != '\0' &&
			value->is_ipv6 != a->is_ipv6)
			import_left(p->im, value->where,
				"'%s' is not taken over: DHCPv%d is told another behind it; "
				"write each into the subnets of its family",
				value->text, a->is_ipv6 ? 6 : 4);
	}
}

void dhcpd_set_file(struct dhcpd_parser *p, struct dhcpd_around *a, unsigned mask,
	const char *text, struct loc where)
{
	check_families(p, a);
	for (unsigned i = 0; i < _CLIENT_MAX; i++)
		if (has(mask, i))
			a->files[i] = (struct import_value){text, where};
	if (has(mask, CLIENT_BIOS) && !has(mask, CLIENT_SILENT) && !p->is_muted &&
		!a->is_ipv6)
		import_say(p->im, where,
			"'%s' is told from now on to clients that say nothing of themselves, "
			"too",
			text);
	if (has(mask, CLIENT_SILENT) && a->is_ipv6 && !p->is_muted)
		import_say(p->im, where,
			"'%s' is told from now on to clients alone that say their "
			"architecture",
			text);
	/* no PC BIOS boots by DHCPv6 */
	if (has(mask, CLIENT_BIOS) && !a->is_ipv6)
		dhcpd_set(a, IMPORT_BOOT_FILE, text, where);
	if (has(mask, CLIENT_UEFI) || has(mask, CLIENT_UEFI_9))
		settle_uefi(p, a, mask, text, where);
	if (has(mask, CLIENT_ARM64))
		dhcpd_set(a, IMPORT_BOOT_FILE_ARM64, text, where);
	if ((mask & (CLIENTS_IPXE | BIT_HTTP)) != 0)
		settle_url(p, a, mask, text, where);
}

static void swap_files(struct dhcpd_around *a)
{
	struct import_value files[_CLIENT_MAX];

	memcpy(files, a->files, sizeof(files));
	memcpy(a->files, a->files6, sizeof(files));
	memcpy(a->files6, files, sizeof(files));
}

bool dhcpd_take_url6(struct dhcpd_parser *p, struct dhcpd_around *a, unsigned mask,
	const struct dhcpd_statement *s)
{
	if (!dhcpd_is(s, 0, "option") || s->n != 3 || !s->is_string[2] || a->is_class ||
		!text_has_prefix(s->words[1], "dhcp6.") ||
		dhcpd_code(p, s->words[1]) != CODE6_BOOT_URL)
		return false;
	swap_files(a);
	a->is_ipv6 = true;
	dhcpd_set_file(p, a, mask, s->words[2], s->where);
	a->is_ipv6 = false;
	swap_files(a);
	return true;
}

/* Conditions */

/* Bits of clients for which it is true, and false; a client in neither nobody knows. */
struct truth {
	unsigned yes, no;
};

static const struct truth unknown = {0, 0};

struct condition {
	const struct dhcpd_parser *p;
	const struct dhcpd_statement *s;
	size_t at;
	unsigned depth;
	bool is_bad; /* something else than we read */
};

enum { DEPTH_MAX = 32 };

static bool take(struct condition *c, const char *word)
{
	bool is_there = dhcpd_is(c->s, c->at, word);

	c->at += is_there;
	return is_there;
}

static struct truth not_of(struct truth a)
{
	return (struct truth){a.no, a.yes};
}

/* option NAME, or NULL */
static const char *take_option(struct condition *c)
{
	if (!take(c, "option") || c->at >= c->s->n)
		return NULL;
	return c->s->words[c->at++];
}

/* Does it say so? -1: nobody knows. */
static int says(
	unsigned client, unsigned code, size_t offset, size_t len, const char *value)
{
	const char *text = code == CODE_USER_CLASS ? boot_clients[client].user_class
						   : boot_clients[client].vendor_class;
	size_t known = strlen(text);
	uint8_t octets[2];

	if (code == CODE_ARCH)
		return octets_parse(value, octets, sizeof(octets)) == 2 &&
		       octets[0] == 0 && octets[1] == boot_clients[client].arch;
	/* what is not said is no text, also no empty one */
	if (known == 0)
		return 0;
	if (code == CODE_USER_CLASS && len >= known)
		return strcmp(text + (offset > known ? known : offset), value) == 0;
	if (len <= known && offset <= known - len)
		return strlen(value) == len && strncmp(text + offset, value, len) == 0;
	/* more than the part that all firmware says alike: it is only known what it is not */
	if (offset == 0 && strncmp(text, value, strlen(value)) != 0 &&
		strncmp(text, value, known) != 0)
		return 0;
	return -1;
}

/* One comparison for all clients: what each says of @code from @offset on, @len octets of it. */
static struct truth compare(unsigned code, size_t offset, size_t len, const char *value)
{
	struct truth truth = unknown;

	for (unsigned i = 0; i < _CLIENT_MAX; i++) {
		int answer = says(i, code, offset, len, value);

		truth.yes |= answer > 0 ? 1U << i : 0;
		truth.no |= answer == 0 ? 1U << i : 0;
	}
	return truth;
}

/*
 * What an option says by the number that DHCPv4 has for it; 0: nothing that is known here. In
 * DHCPv6 lengths stand before the texts, and before the vendor's the vendor's number.
 */
static unsigned code_of(const struct dhcpd_parser *p, const char *name, size_t *offset)
{
	unsigned code = name == NULL ? 0 : dhcpd_code(p, name);
	size_t before = code == CODE6_USER_CLASS ? 2 : 6;

	if (code == 0 || !text_has_prefix(name, "dhcp6."))
		return code;
	if (code == CODE6_ARCH)
		return CODE_ARCH;
	if ((code != CODE6_USER_CLASS && code != CODE6_VENDOR_CLASS) || *offset < before)
		return 0;
	*offset -= before;
	return code == CODE6_USER_CLASS ? CODE_USER_CLASS : CODE_VENDOR_CLASS;
}

/* [!|~]= VALUE behind what is compared */
static struct truth take_comparison(
	struct condition *c, const char *name, size_t offset, size_t len)
{
	unsigned code = code_of(c->p, name, &offset);
	bool is_not = take(c, "!");
	bool is_pattern = !is_not && take(c, "~");

	if (!take(c, "=") || c->at >= c->s->n) {
		c->is_bad = true;
		return unknown;
	}
	const char *value = c->s->words[c->at++];

	if ((code != CODE_ARCH && code != CODE_USER_CLASS && code != CODE_VENDOR_CLASS) ||
		(is_pattern &&
			(code != CODE_USER_CLASS || strpbrk(value, "[](){}.*+?|\\^$"))) ||
		(code == CODE_ARCH && (offset != 0 || len != SIZE_MAX)))
		return unknown;
	struct truth truth = compare(code, offset, len, value);

	return is_not ? not_of(truth) : truth;
}

/* substring(option NAME, OFFSET, LENGTH) */
static struct truth take_substring(struct condition *c)
{
	uint64_t numbers[2] = {0, 0};
	const char *name = take(c, "(") ? take_option(c) : NULL;

	for (size_t i = 0; i < 2 && !c->is_bad; i++) {
		c->is_bad = !take(c, ",") || c->at >= c->s->n ||
			    !text_parse_u64(c->s->words[c->at], UINT8_MAX, &numbers[i]);
		c->at++;
	}
	if (c->is_bad || name == NULL || !take(c, ")")) {
		c->is_bad = true;
		return unknown;
	}
	return take_comparison(c, name, numbers[0], numbers[1]);
}

static struct truth take_exists(struct condition *c)
{
	const char *name = c->at < c->s->n ? c->s->words[c->at++] : "";
	size_t anywhere = SIZE_MAX;
	unsigned code = code_of(c->p, name, &anywhere);

	if (code == CODE_ARCH || code == CODE_VENDOR_CLASS)
		return (struct truth){CLIENTS_ALL & ~BIT_SILENT, BIT_SILENT};
	if (code == CODE_USER_CLASS || code == CODE_IPXE)
		return (struct truth){
			CLIENTS_IPXE, CLIENTS_ALL & ~(unsigned)CLIENTS_IPXE};
	return unknown;
}

static struct truth take_either(struct condition *c);

static struct truth take_term(struct condition *c)
{
	struct truth truth;

	if (++c->depth > DEPTH_MAX) {
		c->is_bad = true;
		return unknown;
	}
	if (take(c, "not")) {
		truth = not_of(take_term(c));
	} else if (take(c, "(")) {
		truth = take_either(c);
		c->is_bad |= !take(c, ")");
	} else if (take(c, "exists")) {
		truth = take_exists(c);
	} else if (take(c, "substring")) {
		truth = take_substring(c);
	} else {
		const char *name = take_option(c);

		c->is_bad |= name == NULL;
		truth = c->is_bad ? unknown : take_comparison(c, name, 0, SIZE_MAX);
	}
	c->depth--;
	return truth;
}

static struct truth take_both(struct condition *c)
{
	struct truth truth = take_term(c);

	while (!c->is_bad && take(c, "and")) {
		struct truth other = take_term(c);

		truth.yes &= other.yes;
		truth.no |= other.no;
	}
	return truth;
}

static struct truth take_either(struct condition *c)
{
	struct truth truth = take_both(c);

	while (!c->is_bad && take(c, "or")) {
		struct truth other = take_both(c);

		truth.yes |= other.yes;
		truth.no &= other.no;
	}
	return truth;
}

static struct truth condition_of(
	const struct dhcpd_parser *p, const struct dhcpd_statement *s, size_t from)
{
	struct condition c = {.p = p, .s = s, .at = from};
	struct truth truth = take_either(&c);

	return c.is_bad || c.at != s->n ? unknown : truth;
}

/* Branches */

bool dhcpd_is_branch(const struct dhcpd_statement *s)
{
	return dhcpd_is(s, 0, "if") || dhcpd_is(s, 0, "elsif") || dhcpd_is(s, 0, "else");
}

/* What makes firmware take an offer for HTTP boot: ours says it, too. */
static bool is_of_http(const struct dhcpd_parser *p, const struct dhcpd_statement *s)
{
	if (!dhcpd_is(s, 0, "option") || s->n < 2)
		return false;
	if (text_has_prefix(s->words[1], "dhcp6."))
		return dhcpd_is(s, 1, "dhcp6.oro") ||
		       dhcpd_code(p, s->words[1]) == CODE6_VENDOR_CLASS;
	return dhcpd_is(s, 1, "vendor-class-identifier") ||
	       dhcpd_is(s, 1, "dhcp-parameter-request-list");
}

/* All kinds of clients have one, that of PC BIOS: whether others have another shows at the end. */
static void set_server(
	struct dhcpd_parser *p, struct dhcpd_around *a, const struct dhcpd_statement *s)
{
	if (has(a->mask, CLIENT_BIOS))
		dhcpd_set(a, IMPORT_NEXT_SERVER, s->words[1], s->where);
	else if (!p->is_muted)
		*mem_push(p->im->mem_ctx, &p->servers->items, &p->servers->n) =
			(struct import_value){s->words[1], s->where};
}

static void read_body(struct dhcpd_parser *p, struct dhcpd_around *a, unsigned mask)
{
	unsigned outer_mask = a->mask, outer_rest = a->rest;
	struct dhcpd_statement s;

	a->mask = mask;
	while (dhcpd_next(p, &s)) {
		if (s.has_block && dhcpd_is_branch(&s)) {
			dhcpd_branch(p, a, &s);
		} else if (s.has_block) {
			dhcpd_left(p, &s,
				"is not taken over, nor what stands in its braces");
			dhcpd_skip(p);
		} else if (s.n == 2 && dhcpd_is(&s, 0, "next-server")) {
			set_server(p, a, &s);
		} else if ((s.n == 2 && dhcpd_is(&s, 0, "filename")) ||
			   (s.n == 3 && dhcpd_is(&s, 1, "bootfile-name") &&
				   dhcpd_is(&s, 0, "option"))) {
			dhcpd_set_file(p, a, mask, s.words[s.n - 1], s.where);
		} else if (s.n > 0 && !dhcpd_take_url6(p, a, mask, &s) &&
			   !is_of_http(p, &s) && !dhcpd_is(&s, 0, "match")) {
			dhcpd_left(
				p, &s, "is not taken over from a branch by architecture");
		}
	}
	p->at += p->at < p->end;
	a->mask = outer_mask;
	a->rest = outer_rest;
}

void dhcpd_branch(struct dhcpd_parser *p, struct dhcpd_around *a,
	const struct dhcpd_statement *head)
{
	bool is_first = dhcpd_is(head, 0, "if");
	size_t from = dhcpd_is(head, 0, "else") ? 2 : 1;
	bool is_else = from == 2 && !dhcpd_is(head, 1, "if");
	struct truth truth =
		is_else ? (struct truth){CLIENTS_ALL, 0} : condition_of(p, head, from);

	if (is_first)
		a->rest = a->mask;
	unsigned mask = a->rest & truth.yes;
	bool is_unknown = (a->rest & ~(truth.yes | truth.no)) != 0;

	a->rest &= truth.no;
	if (is_unknown || mask == 0) {
		dhcpd_left(p, head,
			is_unknown
				? "is not taken over, nor what stands in its braces"
				: "is for no client that is told apart here: what stands "
				  "in its braces is not taken over");
		dhcpd_skip(p);
		return;
	}
	read_body(p, a, mask);
}

/* Classes */

/* `match if …` in the braces, whose clients are those of the class. */
static struct truth members_of(const struct dhcpd_parser *p)
{
	struct dhcpd_parser ahead = *p;
	struct truth truth = unknown;
	struct dhcpd_statement s;

	for (unsigned depth = 1; depth > 0 && ahead.at < ahead.end;) {
		if (!dhcpd_next(&ahead, &s)) {
			ahead.at += ahead.at < ahead.end;
			depth--;
			continue;
		}
		if (depth == 1 && dhcpd_is(&s, 0, "match") && dhcpd_is(&s, 1, "if"))
			truth = condition_of(p, &s, 2);
		depth += s.has_block;
	}
	return truth;
}

/* What a class says comes before what networks do, and after what hosts do. */
void dhcpd_class(struct dhcpd_parser *p, const struct dhcpd_statement *head)
{
	struct truth truth = members_of(p);
	struct dhcpd_around a = {.mask = CLIENTS_ALL, .is_class = true};

	if (truth.yes == 0 || (truth.yes | truth.no) != CLIENTS_ALL) {
		dhcpd_left(p, head,
			"is not taken over, nor what stands in its braces: its members are "
			"not told apart here");
		dhcpd_skip(p);
		return;
	}
	a.scope = *p->classes;
	read_body(p, &a, truth.yes);
	*p->classes = a.scope;
}
