/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "vcn/guest/image.h"
#include "vcn/guest/qcow2.h"

static char scratch[] = "/tmp/test-image.XXXXXX";
static const char *roots_items[3];
static struct string_list roots = {.items = roots_items, .n = 2};

static const char *at(TALLOC_CTX *mem_ctx, const char *name)
{
	return file_join(mem_ctx, scratch, name);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/*
 *	images/master  images/sub/deep  images/fifo  images/private (0600)
 *	images/link -> master   images/out -> ../secret   images/subout -> ..
 *	images2/master  secret   alias -> images (a root that is a link)
 */
static int set_up(void **state)
{
	TMP_CTX(tmp);
	static char first[64], second[64];

	(void)state;
	if (mkdtemp(scratch) == NULL)
		return -1;
	assert_int_equal(mkdir(at(tmp, "images"), 0755), 0);
	assert_int_equal(mkdir(at(tmp, "images/sub"), 0755), 0);
	assert_int_equal(mkdir(at(tmp, "images2"), 0755), 0);
	write_file(at(tmp, "images/master"), "master", 0644);
	write_file(at(tmp, "images/private"), "private", 0600);
	write_file(at(tmp, "images/sub/deep"), "deep", 0644);
	write_file(at(tmp, "images2/master"), "other", 0644);
	write_file(at(tmp, "secret"), "secret", 0644);
	assert_int_equal(mkfifo(at(tmp, "images/fifo"), 0644), 0);
	assert_int_equal(symlink("master", at(tmp, "images/link")), 0);
	assert_int_equal(symlink("../secret", at(tmp, "images/out")), 0);
	assert_int_equal(symlink("..", at(tmp, "images/subout")), 0);
	assert_int_equal(symlink("images", at(tmp, "alias")), 0);
	snprintf(first, sizeof(first), "%s", at(tmp, "images/"));
	snprintf(second, sizeof(second), "%s", at(tmp, "alias"));
	roots_items[0] = first;
	roots_items[1] = second;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"images/master", "images/private",
		"images/sub/deep", "images/sub", "images/fifo", "images/link",
		"images/out", "images/subout", "images", "images2/master", "images2",
		"secret", "alias"};
	TMP_CTX(tmp);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (remove(at(tmp, names[i])) < 0)
			return -1;
	return rmdir(scratch);
}

static void test_open(void **state)
{
	static const struct {
		const char *path;
		const char *fault; /* part of the message, NULL: opens */
	} rows[] = {
		{"images/master", NULL},
		{"images//master", NULL},
		{"images/sub/deep", NULL},
		{"images/sub/../master", NULL},
		{"alias/master", NULL},
		{"images/link", "symbolic link"},
		{"images/out", "symbolic link"},
		{"images/subout/secret", "symbolic link"},
		{"images/../secret", "leads out"},
		{"images/sub/../../secret", "leads out"},
		{"images2/master", "none of the image roots"},
		{"images", "none of the image roots"},
		{"images/", "none of the image roots"},
		{"secret", "none of the image roots"},
		{"images/missing", "No such file"},
		{"images/fifo", "no regular file"},
		{"images/sub", "no regular file"},
	};
	TMP_CTX(tmp);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct diags *diags = diags_new(tmp);
		const char *path = at(tmp, rows[i].path);
		int fd = -1;
		int r = image_open(&roots, path, "image", false, LOC_NONE, diags, &fd);

		if (rows[i].fault == NULL) {
			assert_int_equal(r, 0);
			assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
			assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
			close(fd);
			continue;
		}
		assert_int_equal(r, -EXIT_DATA);
		if (strstr(diag_last(diags)->message, rows[i].fault) == NULL)
			fail_msg("%s: %s", path, diag_last(diags)->message);
	}
}

static void test_reopen(void **state)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	const char *path = at(tmp, "images/master");
	struct stat first, second;
	int fd, twin;

	(void)state;
	assert_int_equal(
		image_open(&roots, path, "image", true, LOC_NONE, diags, &fd), 0);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	assert_int_equal(image_reopen(fd, path, LOC_NONE, diags, &twin), 0);
	assert_int_equal(fcntl(twin, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(fstat(fd, &first), 0);
	assert_int_equal(fstat(twin, &second), 0);
	assert_int_equal(first.st_ino, second.st_ino);
	close(fd);
	close(twin);
}

/* What everybody may read is handed over; anything else becomes a copy that others can. */
static void test_open_for_all(void **state)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	struct stat original, copy;
	char bytes[16];
	int fd;

	(void)state;
	assert_int_equal(image_open_for_all(&roots, at(tmp, "images/master"), "kernel",
				 LOC_NONE, diags, &fd),
		0);
	assert_int_equal(stat(at(tmp, "images/master"), &original), 0);
	assert_int_equal(fstat(fd, &copy), 0);
	assert_int_equal(original.st_ino, copy.st_ino);
	close(fd);

	assert_int_equal(image_open_for_all(&roots, at(tmp, "images/private"), "kernel",
				 LOC_NONE, diags, &fd),
		0);
	assert_int_equal(fstat(fd, &copy), 0);
	assert_int_equal(copy.st_mode & 0777, 0444);
	assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), strlen("private"));
	assert_memory_equal(bytes, "private", strlen("private"));
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	close(fd);
}

/* qcow2 headers: a good one, with single fields changed */

static void make_header(uint8_t header[104], uint8_t version)
{
	static const uint8_t start[] = {'Q', 'F', 'I', 0xfb, 0, 0, 0};

	memset(header, 0, 104);
	memcpy(header, start, sizeof(start));
	header[7] = version;
	header[23] = 16; /* cluster_bits */
	header[31] = 1; /* size */
	header[103] = 104; /* header_length */
}

static void test_qcow2(void **state)
{
	static const struct {
		uint8_t version;
		size_t offset;
		uint8_t value;
		size_t len;
		const char *fault;
	} rows[] = {
		{2, 0, 'Q', 104, NULL},
		{2, 0, 'Q', 72, NULL},
		{3, 0, 'Q', 104, NULL},
		{3, 79, 1 << 0, 104, NULL}, /* dirty: QEMU repairs or reads it */
		{3, 79, 1 << 3, 104, NULL}, /* compression type */
		{2, 79, 1 << 2, 104, NULL}, /* version 2 has no such field */
		{3, 0, 'q', 104, "no qcow2"},
		{3, 3, 0, 104, "no qcow2"},
		{3, 7, 1, 104, "version"},
		{3, 4, 1, 104, "version"},
		{3, 7, 4, 104, "version"},
		{3, 8, 1, 104, "backing file"},
		{3, 15, 1, 104, "backing file"},
		{3, 19, 5, 104, "backing file"},
		{2, 15, 104, 104, "backing file"},
		{3, 35, 1, 104, "encrypted"},
		{2, 32, 1, 104, "encrypted"},
		{3, 79, 1 << 1, 104, "corrupt"},
		{3, 79, 1 << 2, 104, "external file"},
		{3, 79, 1 << 1 | 1 << 2, 104, "external file"},
		{3, 0, 'Q', 103, "shorter"},
		{3, 0, 'Q', 71, "no qcow2"},
		{3, 0, 'Q', 0, "no qcow2"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t header[104];

		make_header(header, rows[i].version);
		header[rows[i].offset] = rows[i].value;
		struct qcow2_head head;
		const char *fault = qcow2_read_head(header, rows[i].len, &head);

		if (rows[i].fault == NULL)
			assert_null(fault);
		else if (fault == NULL || strstr(fault, rows[i].fault) == NULL)
			fail_msg("row %zu: '%s'", i, fault == NULL ? "accepted" : fault);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_reopen),
		cmocka_unit_test(test_open_for_all),
		cmocka_unit_test(test_qcow2),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
