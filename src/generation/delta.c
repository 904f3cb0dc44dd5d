/* SPDX-License-Identifier: Apache-2.0 */
#include "generation/delta.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "base/trailer.h"
#include "generation/folder.h"
#include "generation/state_file.h"

static const char HEAD[] = "ldapcc delta 2\n";
static const char MISSING[] = "it is missing";
static const uint64_t NEW = UINT64_MAX;

enum {
	SUM = 2 * UMAC_BYTES,
	NEW_SHARE = 8, /* a delta has at most this part of its base in new bytes, … */
	PIECES_MAX = 65536, /* … and so many pieces: to be read again soon enough */
};

static char *base_name(TALLOC_CTX *mem_ctx, const char *name)
{
	return mem_printf(mem_ctx, "%s.base", name);
}

/* Reading */

/* @find: trailer_check(), or trailer_find() where a delta's sum says what is in it. */
static int map_file(TALLOC_CTX *mem_ctx, const struct state *state, const char *name,
	const char *(*find)(
		const char *bytes, size_t len, const char *comment, struct trailer *ret),
	struct diags *diags, struct delta_base *ret, const char **ret_fault)
{
	struct trailer trailer = {0};
	struct stat st = {0};
	size_t len;

	/* another one by now has another number, and is no base then */
	if (state->dirfd >= 0)
		(void)!fstatat(state->dirfd, name, &st, AT_SYMLINK_NOFOLLOW);
	*ret = (struct delta_base){.name = name, .inode = st.st_ino};
	int failed = state_map(mem_ctx, state, name, diags, &ret->bytes, &len);

	if (failed < 0)
		return failed;
	*ret_fault = ret->bytes == NULL ? MISSING : find(ret->bytes, len, "# ", &trailer);
	ret->len = trailer.body_len;
	return 0;
}

static void sum_of(const struct delta_base *base, uint8_t ret[UMAC_BYTES])
{
	static const uint8_t key[UMAC_KEY_BYTES];
	TMP_CTX(tmp);
	struct umac *umac = umac_new(tmp, key);

	umac_add(umac, base->bytes, base->len);
	umac_end(umac, ret);
}

static bool take_number(const char **at, const char *end, uint64_t *ret)
{
	if ((size_t)(end - *at) < sizeof(*ret))
		return false;
	memcpy(ret, *at, sizeof(*ret));
	*at += sizeof(*ret);
	return true;
}

/* The next piece of a delta; false where it is none. */
static bool take_piece(const char **at, const char *end, const struct delta_base *base,
	struct iovec *ret)
{
	uint64_t start, len;

	if (!take_number(at, end, &start) || !take_number(at, end, &len))
		return false;
	if (start != NEW) {
		if (start > base->len || len > base->len - start)
			return false;
		*ret = (struct iovec){(void *)(uintptr_t)(base->bytes + start), len};
		return true;
	}
	if (len > (size_t)(end - *at))
		return false;
	*ret = (struct iovec){(void *)(uintptr_t)*at, len};
	*at += len;
	return true;
}

/* Has @base the sum that @delta says? It has it then. */
static bool is_of_base(const struct delta_base *delta, struct delta_base *base)
{
	char text[SUM];

	if (delta->len < strlen(HEAD) + SUM)
		return false;
	sum_of(base, base->sum);
	(void)text_write_hex(text, base->sum, UMAC_BYTES);
	base->has_sum = memcmp(delta->bytes + strlen(HEAD), text, SUM) == 0;
	return base->has_sum;
}

/* The last byte is the newline in front of the trailer. */
static const char *take_pieces(TALLOC_CTX *mem_ctx, const struct delta_base *delta,
	const struct delta_base *base, struct pieces *ret)
{
	const char *at = delta->bytes + strlen(HEAD) + SUM + 1;
	const char *end = delta->bytes + delta->len - 1;

	if (at > end)
		return "it has no pieces";
	*ret = (struct pieces){.base = base};
	while (at < end) {
		struct iovec piece;

		if (!take_piece(&at, end, base, &piece))
			return "it points out of its base";
		*mem_push(mem_ctx, &ret->items, &ret->n) = piece;
	}
	return NULL;
}

static bool is_delta(const struct delta_base *file)
{
	return file->len >= strlen(HEAD) && memcmp(file->bytes, HEAD, strlen(HEAD)) == 0;
}

static const char *base_fault(TALLOC_CTX *mem_ctx, const char *name, const char *what)
{
	const char *slash = strrchr(name, '/');

	return mem_printf(mem_ctx, "its base (%s.base) is %s",
		slash == NULL ? name : slash + 1, what);
}

int delta_load(TALLOC_CTX *mem_ctx, const struct state *state, const char *name,
	struct diags *diags, struct pieces *ret, const char **ret_fault)
{
	struct delta_base file, *base = mem_new(mem_ctx, struct delta_base);
	int failed = map_file(mem_ctx, state, mem_strdup(mem_ctx, name), trailer_check,
		diags, &file, ret_fault);

	if (failed < 0 || *ret_fault != NULL)
		return failed;
	if (!is_delta(&file)) {
		*base = file;
		*ret = (struct pieces){.n = 1, .base = base};
		ret->items = mem_new(mem_ctx, struct iovec);
		ret->items[0] = (struct iovec){(void *)(uintptr_t)file.bytes, file.len};
		return 0;
	}
	failed = map_file(mem_ctx, state, base_name(mem_ctx, name), trailer_find, diags,
		base, ret_fault);
	if (failed < 0)
		return failed;
	if (*ret_fault == MISSING)
		*ret_fault = base_fault(mem_ctx, name, "missing");
	else if (*ret_fault != NULL)
		*ret_fault = base_fault(
			mem_ctx, name, mem_printf(mem_ctx, "damaged: %s", *ret_fault));
	else if (!is_of_base(&file, base))
		*ret_fault = base_fault(mem_ctx, name, "damaged, or another one");
	else
		*ret_fault = take_pieces(mem_ctx, &file, base, ret);
	return 0;
}

/* Writing */

static bool is_inside(const struct iovec *piece, const struct delta_base *base)
{
	uintptr_t at = (uintptr_t)piece->iov_base, start = (uintptr_t)base->bytes;

	return at >= start && at + piece->iov_len <= start + base->len;
}

static bool is_worth(const struct pieces *pieces)
{
	const struct delta_base *base = pieces->base;
	size_t new = 0, shared = 0;

	if (base == NULL || pieces->n > PIECES_MAX)
		return false;
	for (size_t i = 0; i < pieces->n; i++)
		*(is_inside(&pieces->items[i], base) ? &shared : &new) +=
			pieces->items[i].iov_len;
	return new <= base->len / NEW_SHARE &&shared >= base->len - base->len / NEW_SHARE;
}

static void put_number(struct buffer *b, uint64_t number)
{
	buffer_add(b, &number, sizeof(number));
}

static void add_sum(struct buffer *b, const struct delta_base *base)
{
	uint8_t sum[UMAC_BYTES];

	if (base->has_sum)
		memcpy(sum, base->sum, UMAC_BYTES);
	else
		sum_of(base, sum);
	lines_add_hex(b, sum, UMAC_BYTES);
	lines_end(b, NULL);
}

struct buffer *delta_format(TALLOC_CTX *mem_ctx, const struct pieces *pieces)
{
	if (!is_worth(pieces))
		return NULL;
	const struct delta_base *base = pieces->base;
	struct buffer *b = buffer_new(mem_ctx);

	buffer_add(b, HEAD, strlen(HEAD));
	add_sum(b, base);
	for (size_t i = 0; i < pieces->n; i++) {
		const struct iovec *piece = &pieces->items[i];
		bool is_shared = is_inside(piece, base);

		put_number(b, is_shared ? (uint64_t)((const char *)piece->iov_base -
						     base->bytes)
					: NEW);
		put_number(b, piece->iov_len);
		if (!is_shared)
			buffer_add(b, piece->iov_base, piece->iov_len);
	}
	buffer_add_byte(b, '\n');
	return b;
}

int delta_link(const struct state *state, const struct delta_base *base, const char *name)
{
	TMP_CTX(tmp);
	const char *to = base_name(tmp, name);
	struct stat st;

	if (strcmp(base->name, to) == 0)
		return 0;
	int r = linkat(state->dirfd, base->name, state->dirfd, to, 0);

	/* of a run that was killed before it wrote the delta: nothing needs it */
	if (r < 0 && errno == EEXIST && unlinkat(state->dirfd, to, 0) == 0)
		r = linkat(state->dirfd, base->name, state->dirfd, to, 0);
	if (r < 0 || fstatat(state->dirfd, to, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (st.st_ino == base->inode)
		return 0;
	unlinkat(state->dirfd, to, 0);
	return -ESTALE;
}

/* The delta must not be there before its base is. */
static bool has_base(
	const struct state *state, const struct delta_base *base, const char *name)
{
	TMP_CTX(tmp);
	_cleanup_(mem_close_fd) int fd = openat(state->dirfd, folder_of(tmp, name),
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && delta_link(state, base, name) == 0 && fsync(fd) == 0;
}

int delta_save(const struct state *state, const char *name, const struct pieces *pieces,
	struct diags *diags)
{
	TMP_CTX(tmp);
	struct buffer *b = delta_format(tmp, pieces);

	if (b != NULL && has_base(state, pieces->base, name))
		return state_file_save(state, name, b, diags);
	b = buffer_new(tmp);
	for (size_t i = 0; i < pieces->n; i++)
		buffer_add(b, pieces->items[i].iov_base, pieces->items[i].iov_len);
	int failed = state_file_save(state, name, b, diags);

	if (failed == 0)
		(void)unlinkat(state->dirfd, base_name(tmp, name), 0);
	return failed;
}
