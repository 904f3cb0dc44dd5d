/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The main of a fuzz target that is not built with libFuzzer: runs the files given, or
 * all files of the folders given, through it once. So the corpus is a test of every
 * build.
 */

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool replay(int dirfd, const char *name)
{
	TMP_CTX(tmp);
	char *bytes;
	size_t len;

	if (file_read_at(tmp, dirfd, name, &bytes, &len) < 0) {
		fprintf(stderr, "%s cannot be read\n", name);
		return false;
	}
	/* exactly as long as it is, so that a sanitizer sees a read past its end */
	uint8_t *exact = malloc(len == 0 ? 1 : len);

	if (exact == NULL)
		abort();
	memcpy(exact, bytes, len);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	return true;
}

static int is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool replay_folder(const char *path, int *n_run)
{
	_cleanup_(mem_close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **entries;
	int n = scandir(path, &entries, is_file, alphasort);
	bool ok = fd >= 0 && n > 0;

	for (int i = 0; i < n; i++) {
		ok &= replay(fd, entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	*n_run += n > 0 ? n : 0;
	return ok;
}

int main(int argc, char **argv)
{
	struct stat st;
	bool ok = true;
	int n_run = 0;

	for (int i = 1; i < argc; i++) {
		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode)) {
			ok &= replay_folder(argv[i], &n_run);
		} else {
			ok &= replay(AT_FDCWD, argv[i]);
			n_run++;
		}
	}
	printf("%d inputs\n", n_run);
	return ok && n_run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
