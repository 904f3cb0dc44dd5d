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

static void add_file(struct buffer *b, const char *path, bool is_written)
{
	TMP_CTX(tmp);
	const char *line = path == NULL ? NULL : mark_file(tmp, path, is_written);

	if (line != NULL)
		buffer_add_text(b, line);
}

char *image_mark(TALLOC_CTX *mem_ctx, const struct guest *guest)
{
	TMP_CTX(tmp);
	const struct guest_image *image = &guest->image;
	struct buffer *b = buffer_new(tmp);

	add_file(b, image->path, !image->snapshot);
	add_file(b, image->kernel, false);
	add_file(b, image->initrd, false);
	for (size_t i = 0; i < guest->n_disks; i++)
		add_file(b, guest->disks[i].path, true);
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

/* Of a line that ends at @end: is its path one of these, and no disk's? */
static bool is_of(const struct guest_image *image, const char *path, const char *end)
{
	const char *paths[] = {image->path, image->kernel, image->initrd};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (paths[i] != NULL && strlen(paths[i]) == (size_t)(end - path) &&
			strncmp(paths[i], path, strlen(paths[i])) == 0)
			return true;
	return false;
}

char *image_mark_id(
	TALLOC_CTX *mem_ctx, const char *mark, const struct guest_image *image)
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

		if (device < word && mark[word] == ' ' &&
			is_of(image, mark + word + 1, end))
			buffer_add(b, mark + device, word - device);
	}
	sha256(b->data, b->len, digest);
	return mem_strndup(mem_ctx, sha256_text(digest, hex), ID_DIGITS);
}
