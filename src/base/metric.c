/* SPDX-License-Identifier: Apache-2.0 */
#include "base/metric.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

void metric_head(struct buffer *b, const char *name, const char *help)
{
	buffer_printf(b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

void metric_number(struct buffer *b, const char *name, const char *help, int64_t value)
{
	metric_head(b, name, help);
	buffer_printf(b, "%s %" PRId64 "\n", name, value);
}

void metric_labelled(struct buffer *b, const char *name, const char *label,
	const char *text, int64_t value)
{
	buffer_printf(b, "%s{%s=\"", name, label);
	for (; *text != '\0'; text++)
		if (*text == '\n')
			buffer_add_text(b, "\\n");
		else if (*text == '\\' || *text == '"')
			buffer_printf(b, "\\%c", *text);
		else
			buffer_add_byte(b, *text);
	buffer_printf(b, "\"} %" PRId64 "\n", value);
}

/* A device or a link, as /dev/null and /dev/stdout are, would be lost to all; 0, or -errno. */
static int replace_regular(int dirfd, const char *name, const struct buffer *b)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EEXIST;
	return file_replace_at(dirfd, name, b->data, b->len, 0644);
}

int metric_write(const char *path, const struct buffer *b, struct diags *diags)
{
	TMP_CTX(tmp);
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	const char *folder = slash == NULL ? "."
			     : slash == path
				     ? "/"
				     : mem_strndup(tmp, path, (size_t)(slash - path));
	_cleanup_(mem_close_fd) int dirfd =
		open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int failed = dirfd < 0 ? -errno : replace_regular(dirfd, name, b);

	if (failed == 0)
		return 0;
	if (failed == -EEXIST)
		return diag_fail(diags, EXIT_IO, LOC_NONE,
			"the metrics cannot be written to '%s': it is no regular file, "
			"and would be replaced by one",
			path);
	return diag_fail_errno(diags, EXIT_IO, -failed, LOC_NONE,
		"the metrics cannot be written to '%s'", path);
}
