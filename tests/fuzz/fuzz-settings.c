/* SPDX-License-Identifier: Apache-2.0 */

/* Settings: whatever the file holds, it is read or refused with a position. */

#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "config/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	struct settings *settings = NULL;
	_cleanup_(mem_close_fd) int fd = memfd_create("settings", MFD_CLOEXEC);
	const char *path = mem_printf(tmp, "/proc/self/fd/%d", fd);

	if (fd < 0 || file_write_all(fd, data, size) < 0)
		return 0;
	int failed = settings_load(tmp, path, diags, &settings);

	assert((failed == 0) == (settings != NULL));
	assert(failed == 0 || (failed == -(int)EXIT_USAGE && diags->n_errors > 0));
	return 0;
}
