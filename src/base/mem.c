/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void *succeed(void *memory)
{
	static const char message[] = "out of memory\n";

	if (memory == NULL) {
		(void)!write(STDERR_FILENO, message, sizeof(message) - 1);
		abort();
	}
	return memory;
}

/* A NULL parent: a forgotten scope shows up in a leak report instead of hiding. */
TALLOC_CTX *mem_scope_new(void)
{
	return succeed(talloc_named_const(NULL, 0, "scope"));
}

void mem_scope_done(TALLOC_CTX **scope)
{
	talloc_free(*scope);
}

TALLOC_CTX *mem_pool_new(TALLOC_CTX *mem_ctx, size_t size)
{
	return succeed(talloc_pool(mem_ctx, size));
}

void mem_pool_empty(TALLOC_CTX *pool)
{
	talloc_free_children(pool);
}

void *mem_zero(TALLOC_CTX *mem_ctx, size_t size, size_t n, const char *name)
{
	return succeed(_talloc_zero_array(mem_ctx, size, (unsigned)n, name));
}

void *mem_bare(TALLOC_CTX *mem_ctx, size_t size, size_t n, const char *name)
{
	return succeed(_talloc_array(mem_ctx, size, (unsigned)n, name));
}

void *mem_pages(size_t n, size_t size)
{
	return succeed(calloc(n, size));
}

void mem_populate(void *bytes, size_t size)
{
#ifdef MADV_POPULATE_WRITE
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = ((uintptr_t)bytes + page - 1) / page * page;
	uintptr_t end = ((uintptr_t)bytes + size) / page * page;

	if (start < end)
		(void)madvise((void *)start, end - start, MADV_POPULATE_WRITE);
#else
	(void)bytes;
	(void)size;
#endif
}

char *mem_strdup(TALLOC_CTX *mem_ctx, const char *text)
{
	return mem_strndup(mem_ctx, text, strlen(text));
}

/* Unlike talloc_strndup() this keeps NUL bytes inside @length. */
char *mem_strndup(TALLOC_CTX *mem_ctx, const char *text, size_t length)
{
	char *copy = succeed(talloc_named_const(mem_ctx, length + 1, "text"));

	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *mem_vprintf(TALLOC_CTX *mem_ctx, const char *format, va_list args)
{
	return succeed(talloc_vasprintf(mem_ctx, format, args));
}

char *mem_printf(TALLOC_CTX *mem_ctx, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *text = mem_vprintf(mem_ctx, format, args);
	va_end(args);
	return text;
}

void *mem_push_size(TALLOC_CTX *mem_ctx, void **array, size_t *n, size_t size)
{
	/* talloc_realloc() would lose the parent of an array that has one already */
	if ((*n & (*n - 1)) == 0) {
		size_t room = *n == 0 ? 1 : *n * 2;

		*array = succeed(_talloc_realloc_array(
			mem_ctx, *array, size, (unsigned)room, "array"));
	}
	void *element = (char *)*array + *n * size;

	memset(element, 0, size);
	(*n)++;
	return element;
}

void mem_reserve_size(
	TALLOC_CTX *mem_ctx, void **array, size_t *room, size_t n, size_t size)
{
	enum { FIRST = 16 };

	if (n <= *room)
		return;
	*room = 2 * n + FIRST;
	*array = succeed(
		_talloc_realloc_array(mem_ctx, *array, size, (unsigned)*room, "array"));
}

/* Buffers */

enum {
	BUFFER_FIRST = 256,
	PIECE_MAX = 256 * 1024 * 1024 - 1, /* talloc(3) gives none that is larger */
};

struct buffer *buffer_new(TALLOC_CTX *mem_ctx)
{
	struct buffer *b = mem_new(mem_ctx, struct buffer);

	b->cap = BUFFER_FIRST;
	b->data = succeed(talloc_named_const(b, b->cap, "bytes"));
	b->data[0] = '\0';
	return b;
}

static void grow(struct buffer *b, size_t len)
{
	/* the texts of a million nodes are nearly as long as a piece can be */
	size_t cap = b->cap < PIECE_MAX / 2 ? b->cap * 2 : PIECE_MAX;

	if (cap - b->len <= len)
		cap = b->len + len + 1;
	b->data = succeed(talloc_realloc_size(b, b->data, cap));
	b->cap = cap;
}

char *buffer_reserve(struct buffer *b, size_t len)
{
	if (b->cap - b->len <= len)
		grow(b, len);
	return b->data + b->len;
}

void buffer_grown(struct buffer *b, size_t len)
{
	b->len += len;
	b->data[b->len] = '\0';
}

/* Most of what is added is a word: two overlapping moves, without a call. */
static inline void copy(char *to, const char *from, size_t len)
{
	if (len > 32)
		memcpy(to, from, len);
	else if (len >= 16) {
		memcpy(to, from, 16);
		memcpy(to + len - 16, from + len - 16, 16);
	} else if (len >= 8) {
		memcpy(to, from, 8);
		memcpy(to + len - 8, from + len - 8, 8);
	} else if (len >= 4) {
		memcpy(to, from, 4);
		memcpy(to + len - 4, from + len - 4, 4);
	} else
		for (size_t i = 0; i < len; i++)
			to[i] = from[i];
}

void buffer_add(struct buffer *b, const void *bytes, size_t len)
{
	if (b->cap - b->len <= len)
		grow(b, len);
	copy(b->data + b->len, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buffer_add_text(struct buffer *b, const char *text)
{
	buffer_add(b, text, strlen(text));
}

void buffer_add_byte(struct buffer *b, char byte)
{
	buffer_add(b, &byte, 1);
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *end = buffer_reserve(b, (size_t)len);

	va_start(args, format);
	vsnprintf(end, (size_t)len + 1, format, args);
	va_end(args);
	buffer_grown(b, (size_t)len);
}

void buffer_truncate(struct buffer *b, size_t len)
{
	b->len = len;
	b->data[len] = '\0';
}

/* Arenas */

enum {
	ARENA_CHUNK = 256 * 1024,
	ARENA_ALIGN = 8,
	SPILLED_CHUNK = 16 * 1024 * 1024,
};

struct arena {
	char *chunk;
	size_t used, room;
	bool may_spill;
	size_t until_spill; /* bytes that are taken from memory before */
};

struct arena *arena_new(TALLOC_CTX *mem_ctx)
{
	return mem_new(mem_ctx, struct arena);
}

void arena_spill_after(struct arena *a, size_t size)
{
	a->may_spill = true;
	a->until_spill = size;
}

/* Of a file without a name, which goes with its last page. */
struct spilled {
	char *bytes;
};

static int unmap_spilled(struct spilled *chunk)
{
	return munmap(chunk->bytes, SPILLED_CHUNK);
}

/* NULL where there is no room: its blocks are there before it is written to, or that would kill us. */
static char *map_spilled(void)
{
	const char *folder = secure_getenv("TMPDIR");
	_cleanup_(mem_close_fd) int fd = open(folder == NULL ? "/var/tmp" : folder,
		O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0 || posix_fallocate(fd, 0, SPILLED_CHUNK) != 0)
		return NULL;
	char *bytes =
		mmap(NULL, SPILLED_CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return bytes == MAP_FAILED ? NULL : bytes;
}

static bool spill(struct arena *a)
{
	char *bytes = map_spilled();

	if (bytes == NULL)
		return false;
	struct spilled *chunk = mem_new(a, struct spilled);

	chunk->bytes = a->chunk = bytes;
	talloc_set_destructor(chunk, unmap_spilled);
	a->room = SPILLED_CHUNK;
	return true;
}

static void take_chunk(struct arena *a)
{
	bool is_first = a->chunk == NULL;

	a->used = 0;
	if (a->may_spill && a->until_spill < ARENA_CHUNK && spill(a))
		return;
	a->until_spill -= a->until_spill < ARENA_CHUNK ? 0 : ARENA_CHUNK;
	a->chunk = succeed(talloc_named_const(a, ARENA_CHUNK, "chunk"));
	/* who has filled one needs most of the next */
	if (!is_first)
		mem_populate(a->chunk, ARENA_CHUNK);
	a->room = ARENA_CHUNK;
}

/* What is larger than a chunk gets one of its own; the current one stays in use. */
static char *arena_take(struct arena *a, size_t size)
{
	if (size > ARENA_CHUNK / 4)
		return succeed(talloc_named_const(a, size, "large"));
	if (a->room - a->used < size)
		take_chunk(a);
	char *memory = a->chunk + a->used;

	a->used += size;
	return memory;
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t gap = -a->used & (ARENA_ALIGN - 1);

	if (gap <= a->room - a->used)
		a->used += gap;
	return memset(arena_take(a, size), 0, size);
}

char *arena_bytes(struct arena *a, size_t size)
{
	return arena_take(a, size);
}

/* What has a chunk of its own stays until the arena goes. */
void arena_give_back(struct arena *a, const void *bytes, size_t size)
{
	if (size <= a->used && a->chunk + a->used - size == (const char *)bytes)
		a->used -= size;
}

char *arena_strndup(struct arena *a, const char *text, size_t length)
{
	char *copy = arena_take(a, length + 1);

	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *arena_strdup(struct arena *a, const char *text)
{
	return arena_strndup(a, text, strlen(text));
}

char *arena_join(struct arena *a, const char *first, char between, const char *second)
{
	size_t n_first = strlen(first), n_second = strlen(second);
	char *text = arena_take(a, n_first + 1 + n_second + 1);

	memcpy(text, first, n_first);
	text[n_first] = between;
	memcpy(text + n_first + 1, second, n_second);
	text[n_first + 1 + n_second] = '\0';
	return text;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	char buffer[512];
	va_list args;

	va_start(args, format);
	int len = vsnprintf(buffer, sizeof(buffer), format, args);
	va_end(args);
	if ((size_t)len < sizeof(buffer))
		return arena_strndup(a, buffer, (size_t)len);
	char *text = arena_take(a, (size_t)len + 1);

	va_start(args, format);
	vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}

void mem_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void mem_close_dir(DIR **dir)
{
	if (*dir != NULL)
		closedir(*dir);
}

int mem_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}
