/* SPDX-License-Identifier: Apache-2.0 */
#include "template/language.h"

#include <string.h>

#include "base/trailer.h"

/* What dnsmasq tells by its looks. */
static const char *const dnsmasq_names[] = {"name", "fqdn", "hostname", "names",
	"aliases", "id", "domain", "domains", "zone", "search", "reverse_zones", "owner",
	"target", NULL};

const struct language languages[] = {
	/* name, quotes, comment, escaper of a value, check of a file, longest line, names */
	{"dhcpd", QUOTING_LINES, "#", escape_dhcpd, wellformed_dhcpd},
	{"dnsmasq", QUOTING_NONE, "#", escape_dnsmasq, wellformed_dnsmasq,
		DNSMASQ_LINE_MAX, dnsmasq_names, escape_dnsmasq_name},
	{"hosts", QUOTING_NONE, "#", escape_hosts, wellformed_hosts},
	{"json", QUOTING_LINE, "", escape_json, wellformed_json},
	{"kea", QUOTING_KEA, "#", escape_kea, wellformed_kea},
	{"yaml", QUOTING_YAML, "#", escape_json, wellformed_yaml},
	{"kickstart", QUOTING_NONE, "#", escape_kickstart, wellformed_kickstart},
	{"preseed", QUOTING_NONE, "#", escape_preseed, wellformed_preseed},
	{"shell", QUOTING_SHELL, "#", escape_shell, NULL},
	{"ini", QUOTING_NONE, "#;", escape_ini, NULL},
	{"ipxe", QUOTING_NONE, "#", escape_ipxe, NULL},
	{"zone", QUOTING_LINE, ";", escape_zone, wellformed_zone},
	{"html", QUOTING_NONE, "", escape_html, NULL},
	{"text", QUOTING_NONE, NULL, escape_text, NULL},
	{0},
};

const struct language *language_find(const char *name)
{
	for (const struct language *l = languages; name != NULL && l->name != NULL; l++)
		if (strcmp(l->name, name) == 0)
			return l;
	return NULL;
}

const char **language_names(TALLOC_CTX *mem_ctx)
{
	const char **names = mem_array(mem_ctx, const char *, ARRAY_SIZE(languages));

	for (size_t i = 0; i < ARRAY_SIZE(languages); i++)
		names[i] = languages[i].name;
	return names;
}

escape_fn *language_escaper(const struct language *language, enum quotes_place place,
	const struct field *field)
{
	for (const char *const *name = language->names;
		name != NULL && *name != NULL && field != NULL; name++)
		if (strcmp(field->name, *name) == 0)
			return language->escape_name;
	if (place == PLACE_BEGIN)
		return escape_yaml_plain;
	return place == PLACE_INSIDE || language->quoting == QUOTING_NONE
		       ? language->escape
		       : escape_bare;
}

bool language_may_begin_comment(const struct language *language, const char *trailer)
{
	if (language->comment == NULL)
		return true;
	return trailer[0] != '\0' && strchr(language->comment, trailer[0]) != NULL;
}

const char *language_check_file(TALLOC_CTX *mem_ctx, const char *language,
	const char *trailer, enum reading_depth depth, const char *bytes, size_t len,
	unsigned *ret_line)
{
	const struct language *found = language_find(language);
	struct reading r = {
		.mem_ctx = mem_ctx,
		.at = bytes,
		.end = bytes + len,
		.depth = depth,
	};
	const char *fault = NULL;
	struct trailer whole;

	*ret_line = 0;
	if (memchr(bytes, '\0', len) != NULL)
		return "a zero byte";
	if (trailer != NULL) {
		fault = trailer_check(bytes, len, trailer, &whole);
		if (fault != NULL)
			return fault;
		r.end = bytes + whole.body_len;
	}
	if (found == NULL || found->check == NULL)
		return NULL;
	fault = found->check(&r);
	if (fault != NULL)
		*ret_line = r.line;
	return fault;
}
