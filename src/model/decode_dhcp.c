/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "model/decode_value.h"
#include "model/dhcp_option.h"

/* What DHCP clients are told: values that must fit where a packet has them. */

static const char *length_fault(const char *text)
{
	return text != NULL && strlen(text) > BOOT_FILE_MAX
		       ? "is longer than a DHCP packet can carry (127 octets)"
		       : NULL;
}

void decode_boot_file(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = NULL;

	decode_boot_path(d, record, use, value, (void *)&text);
	decode_keep(d, record, use, value, text, length_fault(text), place);
}

void decode_boot_url(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	const char *text = NULL;

	decode_url(d, record, use, value, (void *)&text);
	decode_keep(d, record, use, value, text, length_fault(text), place);
}

/* Whether the gateway can be reached is lint's question. */
void decode_static_route(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	TMP_CTX(tmp);
	const char *text = NULL, *why = NULL;
	char to[IP_TEXT_MAX], via[IP_TEXT_MAX];
	struct prefix prefix;
	struct ip gateway;
	size_t n;

	decode_text(d, record, use, value, (void *)&text);
	if (text == NULL)
		return;
	char **words = text_split_blank(tmp, text, &n);

	if (n != 2 || strchr(words[0], '/') == NULL || !ip_parse(words[1], &gateway))
		why = "is not DESTINATION/LENGTH GATEWAY";
	else
		why = prefix_parse(words[0], NO_NETMASK, &prefix);
	if (why == NULL && prefix.base.family != gateway.family)
		why = "is IPv4 on one side and IPv6 on the other";
	if (why != NULL)
		decode_fault(d, CHECK_BAD_VALUE, record, use->field, value, why);
	else
		*(const char **)place = arena_printf(d->site->arena, "%s/%u %s",
			ip_format(prefix.base, to), prefix.length,
			ip_format(gateway, via));
}

void decode_dhcp_option(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	TMP_CTX(tmp);
	struct dhcp_option option;
	const char *text = NULL;

	decode_text(d, record, use, value, (void *)&text);
	if (text != NULL)
		decode_keep(d, record, use, value, text,
			dhcp_option_parse(tmp, text, &option), place);
}

void decode_gateway(struct decoder *d, struct record *record, const struct use *use,
	const struct entry_value *value, void *place)
{
	struct network *network = (struct network *)record;

	if (decode_is_name(d, value))
		decode_name(d, record, use, value, (void *)&network->gateway_name);
	else
		decode_address(d, record, use, value, place);
}
