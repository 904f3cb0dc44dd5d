/* SPDX-License-Identifier: Apache-2.0 */
#include "change/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "change/diff.h"

enum { ID_DIGITS = 12 };

/* The id */

/* The bytes without their serial and without the trailer, which depends on it. */
static void add_stable_bytes(struct buffer *b, const struct output *output)
{
	char serial[24];
	int n = snprintf(
		serial, sizeof(serial), "%llu", (unsigned long long)output->serial);
	const char *at = output->bytes, *end = output->bytes + output->len;

	if (output->target->trailer != NULL && output->len > 0) {
		const char *newline = memrchr(at, '\n', output->len - 1);

		end = newline == NULL ? at : newline + 1;
	}
	while (output->serial != 0 && at < end) {
		const char *hit = memmem(at, (size_t)(end - at), serial, (size_t)n);

		if (hit == NULL)
			break;
		buffer_add(b, at, (size_t)(hit - at));
		at = hit + n;
	}
	buffer_add(b, at, (size_t)(end - at));
}

static void add_digest(struct buffer *b, const uint8_t digest[SHA256_BYTES])
{
	char text[SHA256_TEXT_MAX];

	buffer_add_text(b, sha256_text(digest, text));
	buffer_add_byte(b, ' ');
}

static void add_stable_digest(struct buffer *b, const struct output *output)
{
	TMP_CTX(tmp);
	struct buffer *bytes = buffer_new(tmp);
	uint8_t digest[SHA256_BYTES];

	if (output->serial == 0) {
		add_digest(b, output->sha256);
		return;
	}
	add_stable_bytes(bytes, output);
	sha256(bytes->data, bytes->len, digest);
	add_digest(b, digest);
}

char *plan_id(TALLOC_CTX *mem_ctx, const struct plan *plan)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);
	uint8_t digest[SHA256_BYTES];
	char text[SHA256_TEXT_MAX];

	for (size_t i = 0; i < plan->n_files; i++) {
		const struct plan_file *file = &plan->files[i];

		if (!plan_file_changes(file))
			continue;
		buffer_printf(b, "%s %o %u %u ", file_change_name(file->change),
			(unsigned)file->mode, (unsigned)file->uid, (unsigned)file->gid);
		if (file->before != NULL)
			add_digest(b, file->before->sha256);
		if (file->output != NULL)
			add_stable_digest(b, file->output);
		buffer_printf(b, "%s\n", file->path);
	}
	sha256(b->data, b->len, digest);
	sha256_text(digest, text);
	return mem_strndup(mem_ctx, text, ID_DIGITS);
}

/* Showing */

const char *file_change_name(enum file_change change)
{
	static const char *const names[] = {
		[FILE_SAME] = "same",
		[FILE_NEW] = "new",
		[FILE_CHANGED] = "changed",
		[FILE_RESTORED] = "restored",
		[FILE_MODE] = "mode",
		[FILE_REMOVED] = "removed",
		[FILE_FORGOTTEN] = "forgotten",
	};

	return names[change];
}

/* The live bytes, "" where there is no file. A link is not followed. */
static int read_live(TALLOC_CTX *mem_ctx, const struct plan *plan,
	const struct plan_file *file, struct diags *diags, char **ret_bytes,
	size_t *ret_len)
{
	const char *path = state_path(mem_ctx, plan->state, file->path);
	int r = file_read_at(mem_ctx, -1, path, ret_bytes, ret_len);

	if (r == -ENOENT || r == -ENOTDIR || r == -ELOOP || r == -EISDIR) {
		*ret_bytes = mem_strdup(mem_ctx, "");
		*ret_len = 0;
		return r == -ENOENT || r == -ENOTDIR ? 1 : 0;
	}
	if (r < 0)
		return diag_fail_errno(diags, EXIT_IO, -r,
			loc_file(mem_strdup(diags, path)), "the file cannot be read");
	return 0;
}

static void print_mode_change(
	struct buffer *out, const struct plan *plan, const struct plan_file *file)
{
	TMP_CTX(tmp);
	struct stat st;

	if (lstat(state_path(tmp, plan->state, file->path), &st) < 0)
		return;
	if ((st.st_mode & 07777) == file->mode && st.st_uid == file->uid &&
		st.st_gid == file->gid)
		return;
	buffer_printf(out, "mode of %s: %04o %u:%u -> %04o %u:%u\n", file->path,
		(unsigned)st.st_mode & 07777, (unsigned)st.st_uid, (unsigned)st.st_gid,
		(unsigned)file->mode, (unsigned)file->uid, (unsigned)file->gid);
}

int plan_diff(TALLOC_CTX *mem_ctx, const struct plan *plan, const struct plan_file *file,
	struct diags *diags, char **ret_text)
{
	TMP_CTX(tmp);
	struct buffer *out = buffer_new(tmp);
	const struct output *new = file->output;
	char *live;
	size_t len;

	*ret_text = NULL;
	if (!plan_file_changes(file)) {
		*ret_text = mem_strdup(mem_ctx, "");
		return 0;
	}
	int r = read_live(tmp, plan, file, diags, &live, &len);

	if (r < 0)
		return r;
	if (new != NULL)
		print_mode_change(out, plan, file);
	diff_unified(out, r == 1 ? "/dev/null" : file->path, live, len,
		new == NULL ? "/dev/null" : file->path, new == NULL ? "" : new->bytes,
		new == NULL ? 0 : new->len);
	*ret_text = talloc_steal(mem_ctx, out->data);
	return 0;
}
