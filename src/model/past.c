/* SPDX-License-Identifier: Apache-2.0 */
#include "model/past.h"

#include <string.h>

#include "base/table.h"
#include "base/text.h"

uint64_t past_text(const char *text)
{
	return hash_end(hash_add(HASH_START, text, strlen(text)));
}

uint64_t past_ip(struct ip ip)
{
	return hash_end(hash_add(hash_add(HASH_START, &ip.family, 1), ip.bytes, 16));
}

uint64_t past_hardware(const struct hardware *hardware)
{
	uint64_t hash =
		hash_add(HASH_START, hardware->mac.bytes, sizeof(hardware->mac.bytes));

	return hash_end(hash_add(hash, hardware->guid.bytes, GUID_BYTES));
}

uint32_t past_number(uint64_t hash)
{
	return (uint32_t)(hash ^ hash >> 32);
}

char *past_item(uint64_t hash, char text[PAST_ITEM_MAX])
{
	uint32_t number = past_number(hash);
	const uint8_t bytes[] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16),
		(uint8_t)(number >> 8), (uint8_t)number};

	*text_write_hex(text, bytes, sizeof(bytes)) = '\0';
	return text;
}

bool past_has(const char *items, uint64_t hash)
{
	char item[PAST_ITEM_MAX];

	past_item(hash, item);
	for (; items != NULL && *items != '\0'; items += PAST_ITEM)
		if (strncmp(items, item, PAST_ITEM) == 0)
			return true;
	return false;
}
