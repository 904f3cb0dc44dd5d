/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/opening.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "vcn/common/image_mark.h"
#include "vcn/common/patience.h"
#include "vcn/guest/credential.h"
#include "vcn/guest/drive.h"
#include "vcn/guest/image.h"
#include "vcn/guest/veto.h"
#include "vcn/guest/whole.h"

enum {
	OPEN_TIMEOUT_S = 10,
	TEXT_MAX = 32 * 1024,
	IS_KEPT = -2, /* the parent has it: it is not opened */
};

struct opening {
	int fd;
	pid_t child;
	int64_t deadline;
	struct kept_files *kept; /* of its own; NULL: none */
};

/* What precedes the text: the mark, or what is wrong. */
struct header {
	int code; /* 0, or a negative exit code */
	bool has[_OPENED_MAX];
};

/* The child */

static int open_image(const struct launch_settings *settings, const struct guest *guest,
	struct diags *diags, int fds[_OPENED_MAX])
{
	const struct guest_image *image = &guest->image;
	int *fd = &fds[OPENED_IMAGE], r;

	if (image->path == NULL || *fd == IS_KEPT)
		return 0;
	r = image_open(veto_image_roots(settings, image), image->path, "image",
		!image->snapshot, guest->where, diags, fd);
	if (r == 0 && !image->snapshot)
		r = image_reopen(
			*fd, image->path, guest->where, diags, &fds[OPENED_IMAGE_READ]);
	if (r < 0)
		return r;
	struct image_file file = {
		.fd = *fd,
		.format = image->format,
		.is_written = !image->snapshot,
		.what = "image",
		.path = image->path,
		.where = guest->where,
	};

	return image_check(&file, diags);
}

/* What is too long the kernel cuts, and says so to nobody. */
static int check_arguments(const struct guest *guest, int kernel_fd, struct diags *diags)
{
	const char *arguments = guest->image.arguments;
	uint64_t max = arguments == NULL ? 0 : whole_kernel_arguments(kernel_fd);

	return max == 0 || strlen(arguments) <= max
		       ? 0
		       : diag_fail(diags, EXIT_DATA, guest->where,
				 "the arguments have %zu bytes, and kernel '%s' takes %llu",
				 strlen(arguments), guest->image.kernel,
				 (unsigned long long)max);
}

static int open_kernel(const struct launch_settings *settings, const struct guest *guest,
	struct diags *diags, int fds[_OPENED_MAX])
{
	const struct guest_image *image = &guest->image;
	const struct string_list *roots = &settings->image_roots;
	int r = 0;

	if (image->kernel != NULL && fds[OPENED_KERNEL] != IS_KEPT)
		r = image_open_for_all(roots, image->kernel, "kernel", guest->where,
			diags, &fds[OPENED_KERNEL]);
	if (r == 0 && image->kernel != NULL && fds[OPENED_KERNEL] != IS_KEPT)
		r = check_arguments(guest, fds[OPENED_KERNEL], diags);
	if (r == 0 && image->kernel != NULL && image->initrd != NULL &&
		fds[OPENED_INITRD] != IS_KEPT)
		r = image_open_for_all(roots, image->initrd, "initrd", guest->where,
			diags, &fds[OPENED_INITRD]);
	return r;
}

static int open_disks(const struct launch_settings *settings, const struct guest *guest,
	struct diags *diags, int fds[_OPENED_MAX])
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < guest->n_disks; i++) {
		struct drive_fds drive = {-1, -1};

		/* What is thrown away is made later; nothing is stopped for one too large. */
		r = guest->disks[i].path == NULL
			    ? drive_check(settings, guest, &guest->disks[i], diags)
			    : drive_open(
				      settings, guest, &guest->disks[i], diags, &drive);
		fds[OPENED_DISK + i] = drive.fd;
		fds[OPENED_DISK_READ + i] = drive.read_fd;
	}
	return r;
}

static int open_credentials(const struct launch_settings *settings,
	const struct guest *guest, struct diags *diags, int fds[_OPENED_MAX])
{
	size_t bytes_left = CREDENTIAL_BYTES_MAX;
	int r = 0;

	for (size_t i = 0; r == 0 && i < guest->n_credentials; i++)
		r = credential_open(settings, guest, &guest->credentials[i], &bytes_left,
			diags, &fds[OPENED_CREDENTIAL + i]);
	return r;
}

/* One message: header, text, and the descriptors beside it. */
static void send_opened(
	int socket, struct header *header, const char *text, const int *fds)
{
	size_t len = strnlen(text, TEXT_MAX), n = 0;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * _OPENED_MAX)];
	} control = {0};
	struct iovec parts[] = {
		{header, sizeof(*header)}, {(void *)(uintptr_t)text, len}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = ARRAY_SIZE(parts)};
	int *places = (int *)(void *)CMSG_DATA(&control.align);

	for (size_t i = 0; i < _OPENED_MAX; i++) {
		header->has[i] = header->code == 0 && fds[i] >= 0;
		if (header->has[i])
			places[n++] = fds[i];
	}
	control.align.cmsg_level = SOL_SOCKET;
	control.align.cmsg_type = SCM_RIGHTS;
	control.align.cmsg_len = CMSG_LEN(n * sizeof(int));
	if (n > 0) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(n * sizeof(int));
	}
	(void)!sendmsg(socket, &message, MSG_NOSIGNAL);
}

static bool is_kept(const struct kept_files *kept, size_t file)
{
	return kept != NULL && file < ARRAY_SIZE(kept->fds) && kept->fds[file] >= 0;
}

static _Noreturn void run_child(const struct launch_settings *settings,
	const struct guest *guest, const struct kept_files *kept, int fd)
{
	struct diags *diags = diags_new(NULL);
	struct header header = {0};
	int fds[_OPENED_MAX];

	for (size_t i = 0; i < _OPENED_MAX; i++)
		fds[i] = is_kept(kept, i) ? IS_KEPT : -1;
	patience_leave(fd, NULL);
	/* Before they are opened: one that is replaced in between is outdated, not hidden. */
	const char *text = kept != NULL ? kept->mark : image_mark(diags, guest);

	header.code = open_image(settings, guest, diags, fds);
	if (header.code == 0)
		header.code = open_kernel(settings, guest, diags, fds);
	if (header.code == 0)
		header.code = open_disks(settings, guest, diags, fds);
	if (header.code == 0)
		header.code = open_credentials(settings, guest, diags, fds);
	if (header.code < 0)
		text = diag_last(diags)->message;
	send_opened(fd, &header, text, fds);
	_exit(0);
}

/* Keeping them */

static int close_kept(struct kept_files *kept)
{
	for (size_t i = 0; i < ARRAY_SIZE(kept->fds); i++)
		mem_close_fd(&kept->fds[i]);
	return 0;
}

static int keep_open(int fd)
{
	return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static struct kept_files *copy_kept(TALLOC_CTX *mem_ctx, const struct kept_files *from)
{
	struct kept_files *kept = mem_new(mem_ctx, struct kept_files);

	for (size_t i = 0; i < ARRAY_SIZE(kept->fds); i++)
		kept->fds[i] = keep_open(from->fds[i]);
	talloc_set_destructor(kept, close_kept);
	return kept;
}

struct kept_files *kept_files_new(TALLOC_CTX *mem_ctx, const struct opened *opened)
{
	struct kept_files *kept = mem_new(mem_ctx, struct kept_files);
	/* What the guest itself writes to is taken as it is, by its path. */
	bool is_written = opened->fds[OPENED_IMAGE_READ] >= 0;

	for (size_t i = 0; i < ARRAY_SIZE(kept->fds); i++)
		kept->fds[i] =
			is_written && i < OPENED_KERNEL ? -1 : keep_open(opened->fds[i]);
	talloc_set_destructor(kept, close_kept);
	kept->mark = mem_strdup(kept, opened->mark);
	return kept;
}

/* The supervisor */

static int close_opening(struct opening *opening)
{
	mem_close_fd(&opening->fd);
	if (opening->child > 0)
		patience_end(opening->child);
	return 0;
}

int opening_begin(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	const struct guest *guest, const struct kept_files *kept, struct diags *diags,
	struct opening **ret_opening)
{
	struct opening *opening = mem_new(mem_ctx, struct opening);
	int pair[2] = {-1, -1};

	opening->fd = -1;
	opening->kept = kept == NULL ? NULL : copy_kept(opening, kept);
	opening->deadline = clock_ms() + OPEN_TIMEOUT_S * 1000;
	talloc_set_destructor(opening, close_opening);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0)
		opening->child = fork();
	else
		opening->child = -1;
	if (opening->child == 0)
		run_child(settings, guest, kept, pair[1]);
	opening->fd = pair[0];
	mem_close_fd(&pair[1]);
	if (opening->child < 0) {
		talloc_free(opening);
		return diag_fail_errno(diags, EXIT_IO, errno, guest->where,
			"VCN '%s': no process to open its files", guest->name);
	}
	*ret_opening = opening;
	return 0;
}

int opening_fd(const struct opening *opening)
{
	return opening->fd;
}

int64_t opening_deadline(const struct opening *opening)
{
	return opening->deadline;
}

static int close_opened(struct opened *opened)
{
	for (size_t i = 0; i < _OPENED_MAX; i++)
		mem_close_fd(&opened->fds[i]);
	return 0;
}

/* The descriptors of a message, in the order of those that @header has. */
static bool take_fds(
	struct msghdr *message, const struct header *header, struct opened *opened)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	const int *fds = control == NULL ? NULL : (int *)(void *)CMSG_DATA(control);
	size_t n = control == NULL ? 0 : (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	size_t next = 0;

	for (size_t i = 0; i < _OPENED_MAX; i++)
		if (header->has[i] && next < n)
			opened->fds[i] = fds[next++];
		else if (header->has[i])
			return false;
	return next == n;
}

/* False where nothing whole has come. */
static bool receive(int fd, struct header *header, struct opened *opened)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * _OPENED_MAX)];
	} control;
	char *text = mem_array(opened, char, TEXT_MAX + 1);
	struct iovec parts[] = {{header, sizeof(*header)}, {text, TEXT_MAX}};
	struct msghdr message = {.msg_iov = parts,
		.msg_iovlen = ARRAY_SIZE(parts),
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < (ssize_t)sizeof(*header) || !take_fds(&message, header, opened))
		return false;
	opened->mark = mem_strdup(opened, text);
	talloc_free(text);
	return true;
}

int opening_end(TALLOC_CTX *mem_ctx, struct opening *opening, struct loc where,
	struct diags *diags, struct opened **ret)
{
	TMP_CTX(tmp);
	struct opened *opened = mem_new(tmp, struct opened);
	struct header header = {0};

	for (size_t i = 0; i < _OPENED_MAX; i++)
		opened->fds[i] = -1;
	talloc_set_destructor(opened, close_opened);
	if (!receive(opening->fd, &header, opened)) {
		bool is_late = clock_ms() >= opening->deadline;

		return diag_fail(diags, EXIT_IO, where, "%s",
			is_late ? "its image or kernel cannot be opened in time: the "
				  "file system hangs"
				: "the process that opens its image has ended");
	}
	if (header.code < 0)
		return diag_fail(
			diags, (enum exit_code) - header.code, where, "%s", opened->mark);
	for (size_t i = 0; i < _OPENED_MAX; i++)
		if (is_kept(opening->kept, i))
			opened->fds[i] = mem_take_fd(&opening->kept->fds[i]);
	*ret = talloc_steal(mem_ctx, opened);
	return 0;
}
