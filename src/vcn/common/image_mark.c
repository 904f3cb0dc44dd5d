/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/common/image_mark.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/trailer.h"

enum { ID_DIGITS = 8 };

static const char written[] = "-";

/* NULL where it cannot be looked at; errno says why. */
static char *mark_file(TALLOC_CTX *mem_ctx, const char *path, bool is_written)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return NULL;
	const char *content =
		is_written ? written
			   : mem_printf(mem_ctx, "%jd:%jd.%09ld", (intmax_t)st.st_size,
				     (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);

	return mem_printf(mem_ctx, "%jx:%ju:%s %s\n", (uintmax_t)st.st_dev,
		(uintmax_t)st.st_ino, content, path);
}

char *image_mark(TALLOC_CTX *mem_ctx, const struct guest_image *image)
{
	TMP_CTX(tmp);
	const char *paths[] = {image->path, image->kernel, image->initrd};
	struct buffer *b = buffer_new(tmp);

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const char *line = paths[i] == NULL ? NULL
						    : mark_file(tmp, paths[i],
							      i == 0 && !image->snapshot);

		if (line != NULL)
			buffer_add_text(b, line);
	}
	return mem_strdup(mem_ctx, b->data);
}

/* A server that is gone says nothing about the file. */
static bool is_line_current(const char *line, size_t len)
{
	TMP_CTX(tmp);
	const char *whole = mem_strndup(tmp, line, len);
	const char *blank = strchr(whole, ' ');

	if (blank == NULL)
		return true;
	const char *path = mem_strndup(tmp, blank + 1, strlen(blank + 1) - 1);
	const char *now = mark_file(tmp, path, blank > whole && blank[-1] == written[0]);

	return now == NULL ? errno != ENOENT : strcmp(now, whole) == 0;
}

bool image_mark_is_current(const char *mark)
{
	const char *end;

	for (; (end = strchr(mark, '\n')) != NULL; mark = end + 1)
		if (!is_line_current(mark, (size_t)(end - mark) + 1))
			return false;
	return true;
}

char *image_mark_id(TALLOC_CTX *mem_ctx, const char *mark)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);
	uint8_t digest[SHA256_BYTES];
	char hex[SHA256_TEXT_MAX];
	const char *end;

	if (mark == NULL || mark[0] == '\0')
		return NULL;
	for (; (end = strchr(mark, '\n')) != NULL; mark = end + 1) {
		size_t device = strcspn(mark, ":");
		size_t word = strcspn(mark, " ");

		if (device < word)
			buffer_add(b, mark + device, word - device);
	}
	sha256(b->data, b->len, digest);
	return mem_strndup(mem_ctx, sha256_text(digest, hex), ID_DIGITS);
}
