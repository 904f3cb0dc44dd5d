/* SPDX-License-Identifier: Apache-2.0 */

/* A manifest of any bytes: no crash, no leak, and what is accepted keeps its promises. */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "vcn/common/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	char *text = mem_strndup(tmp, (const char *)bytes, len);
	struct manifest *manifest;

	for (int needs_trailer = 0; needs_trailer < 2; needs_trailer++) {
		int r = manifest_parse(tmp, "fuzz.yaml", text, len, needs_trailer != 0,
			diags, &manifest);

		if (r < 0) {
			assert(diags->failure != EXIT_OK && diags->n_errors > 0);
			continue;
		}
		assert(manifest->has_trailer || !needs_trailer);
		for (size_t i = 0; i < manifest->n_guests; i++) {
			const struct guest *guest = &manifest->guests[i];

			assert(strchr(guest->name, '/') == NULL && guest->name[0] != '.');
			assert(strlen(guest->digest) == 64 && strlen(guest->uuid) == 36);
			assert(guest->memory_mib > 0 && guest->cpus > 0);
			assert(guest->image.path != NULL || guest->image.kernel != NULL);
			assert(manifest_find(manifest, guest->name) == guest);
		}
	}
	return 0;
}
