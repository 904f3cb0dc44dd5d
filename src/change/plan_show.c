/* SPDX-License-Identifier: Apache-2.0 */
#include "change/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "change/diff.h"

enum { ID_DIGITS = 12 };

/* The id */

static void add_digest(struct buffer *b, const uint8_t digest[SHA256_BYTES])
{
	char text[SHA256_TEXT_MAX];

	buffer_add_text(b, sha256_text(digest, text));
	buffer_add_byte(b, ' ');
}

/* The first @n_digits of the hash over @b. */
static char *hash_text(TALLOC_CTX *mem_ctx, const struct buffer *b, size_t n_digits)
{
	uint8_t digest[SHA256_BYTES];
	char text[SHA256_TEXT_MAX];

	sha256(b->data, b->len, digest);
	return mem_strndup(mem_ctx, sha256_text(digest, text), n_digits);
}

char *plan_id(TALLOC_CTX *mem_ctx, const struct plan *plan)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);

	for (size_t i = 0; i < plan->n_files; i++) {
		const struct plan_file *file = &plan->files[i];

		if (file->change == FILE_SAME)
			continue;
		buffer_printf(b, "%s %o %u %u ", file_change_name(file->change),
			(unsigned)file->mode, (unsigned)file->uid, (unsigned)file->gid);
		if (file->before != NULL)
			add_digest(b, file->before->sha256);
		if (file->output != NULL)
			add_digest(b, file->output->bare);
		buffer_printf(b, "%s\n", file->path);
	}
	for (size_t i = 0; i < plan->n_records; i++) {
		const struct roster_record *record = plan->records[i].record;

		buffer_printf(b, "%d %u %s %llx\n", plan->records[i].change, record->kind,
			record->name, (unsigned long long)record->identity);
	}
	for (size_t i = 0; i < plan->n_nodes; i++)
		buffer_printf(b, "%s %llx\n", plan->nodes[i].now->name,
			(unsigned long long)plan->nodes[i].now->effect);
	return hash_text(mem_ctx, b, ID_DIGITS);
}

/* "644 /etc/hosts", without printf(3): there are as many as hosts */
static void add_mode_and_path(struct buffer *b, mode_t mode, const char *path)
{
	char digits[12], *at = digits + sizeof(digits);

	do
		*--at = (char)('0' + (mode & 7));
	while ((mode >>= 3) > 0);
	buffer_add(b, at, (size_t)(digits + sizeof(digits) - at));
	buffer_add_byte(b, ' ');
	buffer_add_text(b, path);
	buffer_add_byte(b, '\n');
}

char *plan_set_hash(TALLOC_CTX *mem_ctx, const struct plan *plan)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);

	for (size_t i = 0; i < plan->n_files; i++) {
		const struct plan_file *file = &plan->files[i];

		if (file->output == NULL)
			continue;
		add_digest(b, file->output->bare);
		add_mode_and_path(b, file->mode, file->path);
	}
	return hash_text(mem_ctx, b, 2 * SHA256_BYTES);
}

/* "+1 -2 ~3", what is not there left out; "" for nothing */
static void add_counts(struct buffer *b, const char *what, size_t n_added,
	size_t n_removed, size_t n_changed)
{
	if (n_added + n_removed + n_changed == 0)
		return;
	buffer_printf(b, "%s%s", b->len > 0 ? "; " : "", what);
	if (n_added > 0)
		buffer_printf(b, " +%zu", n_added);
	if (n_removed > 0)
		buffer_printf(b, " -%zu", n_removed);
	if (n_changed > 0)
		buffer_printf(b, " ~%zu", n_changed);
}

/* Records of other kinds, all together: "other records +1". */
static void add_other_records(struct buffer *b, const struct plan *plan)
{
	struct plan_counts others = {0};

	for (enum kind kind = KIND_NONE + 1; kind < _KIND_MAX; kind++) {
		if (kind_is_node(kind))
			continue;
		others.n_added += plan->kinds[kind].n_added;
		others.n_removed += plan->kinds[kind].n_removed;
		others.n_changed += plan->kinds[kind].n_changed;
	}
	add_counts(
		b, "shared records", others.n_added, others.n_removed, others.n_changed);
}

char *plan_summary(TALLOC_CTX *mem_ctx, const struct plan *plan)
{
	TMP_CTX(tmp);
	const struct plan_counts *nodes = &plan->total;
	struct buffer *b = buffer_new(tmp);
	size_t n_new = 0, n_removed = 0, n_changed = 0;

	for (size_t i = 0; i < plan->n_files; i++) {
		enum file_change change = plan->files[i].change;

		n_new += change == FILE_NEW;
		n_removed += change == FILE_REMOVED;
		n_changed += change == FILE_CHANGED || change == FILE_RESTORED ||
			     change == FILE_MODE;
	}
	add_counts(b, "nodes", nodes->n_added, nodes->n_removed, nodes->n_changed);
	if (nodes->n_affected > 0)
		buffer_printf(b, "%s%zu affected", b->len > 0 ? ", " : "nodes ",
			nodes->n_affected);
	if (nodes->n_lost > 0)
		buffer_printf(b,
			", %zu losing something (names %zu, addresses %zu, reservations %zu)",
			nodes->n_lost, plan->n_lost_names, plan->n_lost_addresses,
			plan->n_lost_reservations);
	if (nodes->n_armed > 0)
		buffer_printf(b, "%s%zu newly armed to install", b->len > 0 ? ", " : "",
			nodes->n_armed);
	add_other_records(b, plan);
	add_counts(b, "files", n_new, n_removed, n_changed);
	return mem_strdup(mem_ctx, b->len > 0 ? b->data : "no change");
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
		new == NULL ? "/dev/null" : file->path,
		new == NULL ? "" : plan_bytes(tmp, plan, file),
		new == NULL ? 0 : new->len);
	*ret_text = talloc_steal(mem_ctx, out->data);
	return 0;
}
