/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ssh_key.h"

#include <string.h>

#include <nettle/base64.h>

#include "base/text.h"
#include "base/trailer.h"

/* Key types and their SSHFP algorithms: RFC 4255, 6594, 7479 and 8709 */
static const struct {
	const char *name;
	unsigned algorithm;
} types[] = {
	{"ssh-rsa", 1},
	{"ssh-dss", 2},
	{"ecdsa-sha2-nistp256", 3},
	{"ecdsa-sha2-nistp384", 3},
	{"ecdsa-sha2-nistp521", 3},
	{"ssh-ed25519", 4},
	{"ssh-ed448", 6},
};

static bool find_type(const char *name, struct ssh_key *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcmp(types[i].name, name) != 0)
			continue;
		ret->type = types[i].name;
		ret->algorithm = types[i].algorithm;
		return true;
	}
	return false;
}

static bool decode_blob(TALLOC_CTX *mem_ctx, const char *text, struct ssh_key *ret)
{
	struct base64_decode_ctx state;
	size_t len = strlen(text);
	uint8_t *blob = mem_array(mem_ctx, uint8_t, BASE64_DECODE_LENGTH(len) + 1);

	base64_decode_init(&state);
	ret->blob = blob;
	return base64_decode_update(&state, &ret->len, blob, len, text) == 1 &&
	       base64_decode_final(&state) == 1;
}

/* RFC 4253 section 6.6: the blob begins with the length and name of its own type. */
static bool is_of_type(const struct ssh_key *key)
{
	size_t len = strlen(key->type);
	const uint8_t *b = key->blob;

	return key->len > 4 + len && b[0] == 0 && b[1] == 0 && b[2] == 0 && b[3] == len &&
	       memcmp(b + 4, key->type, len) == 0;
}

const char *ssh_key_parse(TALLOC_CTX *mem_ctx, const char *text, struct ssh_key *ret)
{
	TMP_CTX(tmp);
	struct ssh_key key = {0};
	size_t n;
	char **words = text_split_blank(tmp, text, &n);

	if (n < 2)
		return "is no public SSH key: TYPE BASE64";
	if (!find_type(words[0], &key))
		return "is an SSH key of a type for which DNS has no number";
	if (!decode_blob(mem_ctx, words[1], &key))
		return "is no public SSH key: its second word is no base64";
	if (!is_of_type(&key))
		return "is no public SSH key: it holds another type than it says, or is cut";
	*ret = key;
	return NULL;
}

char *ssh_key_text(TALLOC_CTX *mem_ctx, const char *bytes, size_t len)
{
	enum { LENGTH = 4 };
	size_t type = len > LENGTH ? (uint8_t)bytes[LENGTH - 1] : 0;

	if (len <= LENGTH + type || bytes[0] != 0 || bytes[1] != 0 || bytes[2] != 0)
		return mem_strndup(mem_ctx, bytes, len);
	struct buffer *text = buffer_new(mem_ctx);

	buffer_printf(text, "%.*s ", (int)type, bytes + LENGTH);
	char *to = buffer_reserve(text, BASE64_ENCODE_RAW_LENGTH(len));

	base64_encode_raw(to, len, (const uint8_t *)bytes);
	buffer_grown(text, BASE64_ENCODE_RAW_LENGTH(len));
	return text->data;
}

char *ssh_key_fingerprint(
	TALLOC_CTX *mem_ctx, const struct ssh_key *key, enum ssh_fingerprint kind)
{
	uint8_t digest[SHA256_BYTES];
	size_t len = kind == SSHFP_SHA1 ? SHA1_BYTES : SHA256_BYTES;
	char *hex = mem_array(mem_ctx, char, 2 * len + 1);

	if (kind == SSHFP_SHA1)
		sha1(key->blob, key->len, digest);
	else
		sha256(key->blob, key->len, digest);
	*text_write_hex(hex, digest, len) = '\0';
	return hex;
}
