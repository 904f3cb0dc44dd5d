/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/common/signature.h"

#include <string.h>

#include <nettle/base64.h>
#include <nettle/eddsa.h>

#include "base/file.h"

enum { KEY_FILE_MAX = 4096, KEY_TEXT_MAX = 256 };

/* SubjectPublicKeyInfo of an Ed25519 key, up to the key (RFC 8410, section 4). */
static const uint8_t prefix[] = {
	0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

/* What stands between the two lines of a PEM file; NULL where there is none. */
static const char *find_body(const char *text, size_t *ret_len)
{
	static const char begin[] = "-----BEGIN PUBLIC KEY-----",
			  end[] = "-----END PUBLIC KEY-----";
	const char *start = strstr(text, begin);
	const char *stop = start == NULL ? NULL : strstr(start, end);

	if (stop == NULL)
		return NULL;
	start += strlen(begin);
	*ret_len = (size_t)(stop - start);
	return start;
}

static bool read_pem(const char *text, uint8_t ret_key[SIGNATURE_KEY_BYTES])
{
	struct base64_decode_ctx state;
	uint8_t bytes[BASE64_DECODE_LENGTH(KEY_TEXT_MAX)];
	size_t n = sizeof(bytes), len;
	const char *body = find_body(text, &len);

	base64_decode_init(&state);
	if (body == NULL || len > KEY_TEXT_MAX ||
		!base64_decode_update(&state, &n, bytes, len, body) ||
		!base64_decode_final(&state) ||
		n != sizeof(prefix) + SIGNATURE_KEY_BYTES ||
		memcmp(bytes, prefix, sizeof(prefix)) != 0)
		return false;
	memcpy(ret_key, bytes + sizeof(prefix), SIGNATURE_KEY_BYTES);
	return true;
}

int signature_load_key(
	const char *path, struct diags *diags, uint8_t ret_key[SIGNATURE_KEY_BYTES])
{
	TMP_CTX(tmp);
	const char *source = mem_strdup(diags, path);
	char *text;
	size_t len;
	int r = file_read_regular(tmp, source, KEY_FILE_MAX, diags, &text, &len);

	if (r < 0)
		return r;
	if (read_pem(text, ret_key))
		return 0;
	return diag_fail(diags, EXIT_USAGE, loc_file(source),
		"this is no public Ed25519 key in PEM form (openssl pkey -pubout)");
}

bool signature_is_valid(const uint8_t key[SIGNATURE_KEY_BYTES],
	const uint8_t signature[SIGNATURE_BYTES], const char *text, size_t len)
{
	return ed25519_sha512_verify(key, len, (const uint8_t *)text, signature) == 1;
}
