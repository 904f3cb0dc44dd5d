/* SPDX-License-Identifier: Apache-2.0 */
#include "base/umac.h"

#include <nettle/umac.h>

struct umac {
	struct umac128_ctx state;
};

/* nettle counts the nonce up after each sum: the same text is to have the same one. */
static void begin(struct umac *umac)
{
	static const uint8_t nonce[1];

	umac128_set_nonce(&umac->state, sizeof(nonce), nonce);
}

struct umac *umac_new(TALLOC_CTX *mem_ctx, const uint8_t key[UMAC_KEY_BYTES])
{
	struct umac *umac = mem_new(mem_ctx, struct umac);

	_Static_assert((int)UMAC_KEY_BYTES == (int)UMAC_KEY_SIZE &&
			       (int)UMAC_BYTES == (int)UMAC128_DIGEST_SIZE,
		"as nettle has them");
	umac128_set_key(&umac->state, key);
	begin(umac);
	return umac;
}

void umac_add(struct umac *umac, const void *bytes, size_t len)
{
	umac128_update(&umac->state, len, bytes);
}

void umac_end(struct umac *umac, uint8_t ret[UMAC_BYTES])
{
	umac128_digest(&umac->state, UMAC_BYTES, ret);
	begin(umac);
}
