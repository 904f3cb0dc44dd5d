/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/uplink.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "vcn/common/patience.h"
#include "vcn/guest/probe.h"

enum { SOCKET = 3, SAID_MAX = 2000 };

struct uplink {
	pid_t pid; /* 0: none, or reaped */
	int fd; /* QEMU's end */
	int said_fd; /* passt's messages */
};

struct uplinks {
	struct uplink *items;
	size_t n;
	char *fault; /* how one of them has ended */
};

static const char *find(TALLOC_CTX *mem_ctx, const struct launch_settings *settings)
{
	struct stat st;

	return probe_find(mem_ctx, settings->passt, &st);
}

static int fail_missing(const struct launch_settings *settings, struct diags *diags)
{
	return diag_fail(diags, EXIT_MISSING, LOC_NONE,
		"'%s' is not installed on this host: 'network: user' needs passt",
		settings->passt);
}

int uplink_check(const struct launch_settings *settings, struct diags *diags)
{
	TMP_CTX(tmp);

	if (settings->network != NETWORK_USER || find(tmp, settings) != NULL)
		return 0;
	return fail_missing(settings, diags);
}

/* Starting */

static void actions_done(posix_spawn_file_actions_t *actions)
{
	posix_spawn_file_actions_destroy(actions);
}

/* Everything else of ours is closed by the execution. 0, or -errno. */
static int spawn_with(const char *path, char **argv, int fd, int said_fd, pid_t *ret_pid)
{
	static char search[] = "PATH=/usr/bin:/bin";
	char *environment[] = {search, NULL};
	_cleanup_(actions_done) posix_spawn_file_actions_t actions;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(
		&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, said_fd, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, said_fd, STDERR_FILENO);
	posix_spawn_file_actions_adddup2(&actions, fd, SOCKET);
	return -posix_spawn(ret_pid, path, &actions, NULL, argv, environment);
}

static char **build_argv(TALLOC_CTX *mem_ctx, const char *path,
	const struct identity *identity, unsigned mtu)
{
	char **argv = NULL;
	size_t n = 0;
	static const char *const fixed[] = {"--foreground", "--quiet", "--no-map-gw",
		"--tcp-ports", "none", "--udp-ports", "none", "--fd", "3"};

	*mem_push(mem_ctx, &argv, &n) = mem_strdup(mem_ctx, path);
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		*mem_push(mem_ctx, &argv, &n) = mem_strdup(mem_ctx, fixed[i]);
	if (identity->changes_user) {
		*mem_push(mem_ctx, &argv, &n) = mem_strdup(mem_ctx, "--runas");
		*mem_push(mem_ctx, &argv, &n) =
			mem_printf(mem_ctx, "%u", (unsigned)identity->uid);
	}
	if (mtu > 0) {
		*mem_push(mem_ctx, &argv, &n) = mem_strdup(mem_ctx, "--mtu");
		*mem_push(mem_ctx, &argv, &n) = mem_printf(mem_ctx, "%u", mtu);
	}
	*mem_push(mem_ctx, &argv, &n) = NULL;
	return argv;
}

static int open_one(struct uplink *uplink, const char *path, char **argv)
{
	int pair[2], said[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	_cleanup_(mem_close_fd) int theirs = pair[0];

	uplink->fd = pair[1];
	if (pipe2(said, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	_cleanup_(mem_close_fd) int said_in = said[1];

	uplink->said_fd = said[0];
	return spawn_with(path, argv, theirs, said_in, &uplink->pid);
}

static int end_uplinks(struct uplinks *uplinks)
{
	uplink_close(uplinks);
	for (size_t i = 0; i < uplinks->n; i++) {
		if (uplinks->items[i].pid > 0)
			patience_end(uplinks->items[i].pid);
		mem_close_fd(&uplinks->items[i].said_fd);
	}
	return 0;
}

int uplink_open(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	const struct guest *guest, const struct identity *identity, struct diags *diags,
	struct uplinks **ret)
{
	TMP_CTX(tmp);
	struct uplinks *uplinks = mem_new(tmp, struct uplinks);
	size_t n = settings->network == NETWORK_USER ? guest->n_interfaces : 0;
	const char *path = n == 0 ? NULL : find(tmp, settings);

	if (n > 0 && path == NULL)
		return fail_missing(settings, diags);
	uplinks->items = mem_array(uplinks, struct uplink, n);
	talloc_set_destructor(uplinks, end_uplinks);
	for (size_t i = 0; i < n; i++) {
		struct uplink *uplink = &uplinks->items[uplinks->n++];

		*uplink = (struct uplink){.fd = -1, .said_fd = -1};
		int r = open_one(uplink, path,
			build_argv(tmp, path, identity, guest->interfaces[i].mtu));

		if (r < 0)
			return diag_fail_errno(diags, EXIT_IO, -r, guest->where,
				"VCN '%s': passt cannot be started", guest->name);
	}
	*ret = talloc_steal(mem_ctx, uplinks);
	return 0;
}

/* While it runs */

int uplink_fd(const struct uplinks *uplinks, size_t interface)
{
	return interface < uplinks->n ? uplinks->items[interface].fd : -1;
}

void uplink_close(struct uplinks *uplinks)
{
	for (size_t i = 0; i < uplinks->n; i++)
		mem_close_fd(&uplinks->items[i].fd);
}

/* Its last line, without anything that could drive a terminal. */
static const char *last_line(TALLOC_CTX *mem_ctx, int fd)
{
	char text[SAID_MAX + 1];
	ssize_t n = read(fd, text, SAID_MAX);
	size_t len = n > 0 ? (size_t)n : 0;

	while (len > 0 && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	const char *newline = strrchr(text, '\n');
	const char *line = newline == NULL ? text : newline + 1;

	return line[0] == '\0' ? "it said nothing"
			       : text_printable(mem_ctx, line, strlen(line));
}

const char *uplink_fault(TALLOC_CTX *mem_ctx, struct uplinks *uplinks)
{
	TMP_CTX(tmp);

	for (size_t i = 0; i < uplinks->n; i++) {
		struct uplink *uplink = &uplinks->items[i];

		if (uplink->pid <= 0 || waitpid(uplink->pid, NULL, WNOHANG) == 0)
			continue;
		uplink->pid = 0;
		uplinks->fault =
			mem_printf(uplinks, "its network is gone: passt has ended: %s",
				last_line(tmp, uplink->said_fd));
	}
	return uplinks->fault == NULL ? NULL : mem_strdup(mem_ctx, uplinks->fault);
}
