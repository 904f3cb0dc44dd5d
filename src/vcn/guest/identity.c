/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/identity.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/lock.h"
#include "base/trailer.h"
#include "vcn/common/run_state.h"

/* One for all runtime directories: a user id is the host's. */
static const char claims_top[] = "/run/vcn";

static int drop_claim(struct identity *identity)
{
	mem_close_fd(&identity->lock_fd);
	return 0;
}

/* Where in the range to look first. */
static unsigned name_offset(const char *name, unsigned n)
{
	uint8_t digest[SHA256_BYTES];

	sha256(name, strlen(name), digest);
	return ((unsigned)digest[0] << 24 | (unsigned)digest[1] << 16 |
		       (unsigned)digest[2] << 8 | digest[3]) %
	       n;
}

/* The locked file, or -errno: -EAGAIN where another supervisor has it. */
static int lock_uid(int dirfd, uid_t uid)
{
	TMP_CTX(tmp);

	return lock_take_at(dirfd, mem_printf(tmp, "%u", (unsigned)uid), LOCK_TRY);
}

static int open_claims(struct diags *diags)
{
	_cleanup_(mem_close_fd) int top = run_state_open_runtime_dir(claims_top, diags);

	if (top < 0)
		return top;
	if (mkdirat(top, ".uids", 0700) < 0 && errno != EEXIST)
		return diag_fail_errno(diags, EXIT_IO, errno, LOC_NONE,
			"'%s/.uids' cannot be made", claims_top);
	int fd = openat(top, ".uids", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return diag_fail_errno(diags, EXIT_IO, errno, LOC_NONE,
			"'%s/.uids' cannot be opened", claims_top);
	return fd;
}

static void close_stream(FILE **stream)
{
	if (*stream != NULL)
		fclose(*stream);
}

/* Of this host's own users. The name service is not asked: its servers may be gone. */
static bool is_known_user(uid_t uid)
{
	_cleanup_(close_stream) FILE *users = fopen("/etc/passwd", "re");
	const struct passwd *user;

	while (users != NULL && (user = fgetpwent(users)) != NULL)
		if (user->pw_uid == uid)
			return true;
	return false;
}

/* Does anything run as @uid: a QEMU that cannot die, or somebody else's? */
static bool runs_something(uid_t uid)
{
	_cleanup_(mem_close_dir) DIR *processes = opendir("/proc");
	const struct dirent *entry;

	while (processes != NULL && (entry = readdir(processes)) != NULL) {
		struct stat st;

		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9' &&
			fstatat(dirfd(processes), entry->d_name, &st, 0) == 0 &&
			st.st_uid == uid)
			return true;
	}
	return false;
}

/* Takes @uid; -EAGAIN where it is taken, or somebody's. */
static int try_uid(struct identity *identity, int dirfd, uid_t uid)
{
	identity->uid = uid;
	identity->lock_fd = is_known_user(uid) ? -EAGAIN : lock_uid(dirfd, uid);
	if (identity->lock_fd >= 0 && runs_something(uid)) {
		mem_close_fd(&identity->lock_fd);
		return -EAGAIN;
	}
	return identity->lock_fd < 0 ? identity->lock_fd : 0;
}

static int claim_uid(struct identity *identity, const struct launch_settings *settings,
	const char *name, struct diags *diags)
{
	unsigned n = settings->uid_last - settings->uid_first + 1;
	unsigned first = name_offset(name, n);
	_cleanup_(mem_close_fd) int dirfd = open_claims(diags);

	if (dirfd < 0)
		return dirfd;
	for (unsigned i = 0; i < n; i++) {
		uid_t uid = settings->uid_first + (first + i) % n;
		int r = try_uid(identity, dirfd, uid);

		if (r == 0)
			return 0;
		if (r != -EAGAIN)
			return diag_fail_errno(diags, EXIT_IO, -r, LOC_NONE,
				"'%s/.uids/%u' cannot be locked", claims_top,
				(unsigned)uid);
	}
	return diag_fail(diags, EXIT_REJECTED, LOC_NONE,
		"VCN '%s': all user ids from %u to %u are taken (vcn.yaml, uid-range)",
		name, settings->uid_first, settings->uid_last);
}

int identity_claim(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	const char *name, struct diags *diags, struct identity **ret_identity)
{
	TMP_CTX(tmp);
	struct identity *identity = mem_new(tmp, struct identity);

	identity->lock_fd = -1;
	identity->uid = geteuid();
	identity->changes_user = identity->uid == 0;
	talloc_set_destructor(identity, drop_claim);
	if (identity->changes_user) {
		int r = claim_uid(identity, settings, name, diags);

		if (r < 0)
			return r;
	}
	*ret_identity = talloc_steal(mem_ctx, identity);
	return 0;
}

int identity_act(
	const struct identity *identity, int (*act)(const void *data), const void *data)
{
	int status = 0;

	if (!identity->changes_user)
		return -act(data);
	pid_t child = fork();

	if (child == 0) {
		if (setresgid(identity->uid, identity->uid, identity->uid) < 0 ||
			setresuid(identity->uid, identity->uid, identity->uid) < 0)
			_exit(errno);
		_exit(act(data));
	}
	if (child < 0)
		return -errno;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}
