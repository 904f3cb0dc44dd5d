/* SPDX-License-Identifier: Apache-2.0 */

/* A certificate of any bytes: it comes from a server that nobody trusts yet. */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "read/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	TMP_CTX(tmp);
	struct certificate certificate;

	if (!certificate_parse(tmp, bytes, len, &certificate))
		return 0;
	assert(certificate.issuer != NULL && certificate.names.n > 0);
	for (size_t i = 0; i < certificate.names.n; i++)
		assert(certificate.names.items[i] != NULL);
	(void)certificate_is_for(&certificate, "ldap1.example");
	(void)certificate_is_for(&certificate, "2001:db8::1");
	return 0;
}
