/* SPDX-License-Identifier: Apache-2.0 */
#include "generation/unsynced.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int close_all(struct unsynced *unsynced)
{
	for (size_t i = 0; i < unsynced->n; i++)
		mem_close_fd(&unsynced->files[i].fd);
	return 0;
}

struct unsynced *unsynced_new(TALLOC_CTX *mem_ctx)
{
	struct unsynced *unsynced = mem_new(mem_ctx, struct unsynced);

	talloc_set_destructor(unsynced, close_all);
	return unsynced;
}

void unsynced_add(struct unsynced *unsynced, int fd, const char *path)
{
	/* a hint; folders have no such thing, and the sync reports every fault */
	(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	*mem_push(unsynced, &unsynced->files, &unsynced->n) = (struct unsynced_file){
		.fd = fd,
		.path = mem_strdup(unsynced, path),
	};
}

int unsynced_sync(struct unsynced *unsynced, struct diags *diags)
{
	for (size_t i = 0; i < unsynced->n; i++) {
		struct unsynced_file *file = &unsynced->files[i];
		int error = fsync(file->fd) < 0 ? errno : 0;

		if (close(file->fd) < 0 && error == 0)
			error = errno;
		file->fd = -1;
		if (error != 0)
			return diag_fail_errno(diags, EXIT_IO, error,
				loc_file(mem_strdup(diags, file->path)),
				"it cannot be synced");
		talloc_free(file->path);
	}
	talloc_free(unsynced->files);
	unsynced->files = NULL;
	unsynced->n = 0;
	return 0;
}
