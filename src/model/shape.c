/* SPDX-License-Identifier: Apache-2.0 */
#include "model/shape.h"

#include "model/decode_value.h"
#include "model/use.h"

/* A name may be all digits; only a host's is never an address. */
enum {
	NAME = SHAPE_WORD | SHAPE_NUMBER | SHAPE_TRUTH | SHAPE_TIME | SHAPE_HARDWARE,
	LABEL = NAME | SHAPE_ADDRESS,
};

/* What decode.c reads by hand, of whatever kind. */
static const unsigned by_field[_FIELD_MAX] = {
	[FIELD_MAC] = SHAPE_HARDWARE,
	[FIELD_DUID] = SHAPE_HARDWARE,
	[FIELD_ADDRESS] = SHAPE_ADDRESS,
	[FIELD_NETWORK] = SHAPE_ADDRESS,
	[FIELD_NETMASK] = SHAPE_ADDRESS | SHAPE_NUMBER,
	[FIELD_DYNAMIC_RANGE] = SHAPE_WORDS,
	[FIELD_ALIAS] = NAME,
};

/* The rest by its type. */
static const struct {
	read_value read;
	unsigned shapes;
} by_type[] = {
	{decode_number, SHAPE_NUMBER},
	{decode_cost, SHAPE_NUMBER},
	{decode_truth, SHAPE_TRUTH},
	{decode_time, SHAPE_TIME},
	{decode_name, NAME},
	{decode_word, LABEL},
	{decode_bridge, LABEL},
	{decode_address, SHAPE_ADDRESS},
	{decode_gateway, NAME | SHAPE_ADDRESS},
	{decode_name_server, NAME | SHAPE_ADDRESS},
	{decode_server, NAME | SHAPE_ADDRESS},
	{decode_dn, SHAPE_DN},
	{decode_member, SHAPE_DN},
	{decode_path, SHAPE_PATH},
	{decode_url, SHAPE_URL},
	{decode_boot_url, SHAPE_URL},
	{decode_package_url, SHAPE_URL},
	{decode_install_url, SHAPE_URL},
	{decode_static_route, SHAPE_WORDS},
	{decode_dhcp_option, SHAPE_WORDS},
	{decode_dns_record, SHAPE_WORDS},
};

unsigned shapes_of(enum kind kind, enum field_id field)
{
	const struct use *use = use_of(kind, field);

	if (use == NULL)
		return 0;
	if (by_field[field] != 0)
		return by_field[field];
	if (use->read == NULL && field == FIELD_NAME)
		return NAME; /* of a machine */
	for (size_t i = 0; i < ARRAY_SIZE(by_type); i++)
		if (use->read == by_type[i].read)
			return by_type[i].shapes;
	return SHAPE_ANY;
}
