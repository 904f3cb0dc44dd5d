/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/told.h"

#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

enum { TOLD_MAX = 16 * 1024 * 1024 };

static const char file_name[] = ".told";

struct told {
	const char *runtime_dir;
	const char *before; /* every line with its newline, and one before the first */
	struct buffer *now;
};

struct told *told_open(TALLOC_CTX *mem_ctx, const char *runtime_dir)
{
	TMP_CTX(tmp);
	struct told *told = mem_new(mem_ctx, struct told);
	const char *path = file_join(tmp, runtime_dir, file_name);
	char *text;
	size_t len;

	told->runtime_dir = mem_strdup(told, runtime_dir);
	told->now = buffer_new(told);
	if (file_read_regular_at(tmp, AT_FDCWD, path, TOLD_MAX, &text, &len) < 0)
		text = mem_strdup(tmp, "");
	told->before = mem_printf(told, "\n%s", text);
	return told;
}

bool told_is_news(struct told *told, const char *name, const char *what)
{
	TMP_CTX(tmp);
	const char *line =
		mem_printf(tmp, "\n%s: %s\n", name, text_printable_line(tmp, what));

	buffer_add_text(told->now, line + 1);
	return strstr(told->before, line) == NULL;
}

void told_save(const struct told *told)
{
	_cleanup_(mem_close_fd) int dirfd =
		open(told->runtime_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (strcmp(told->before + 1, told->now->data) == 0)
		return;
	/* What cannot be noted is told again. */
	if (dirfd >= 0)
		(void)!file_replace_at(
			dirfd, file_name, told->now->data, told->now->len, 0600);
}
