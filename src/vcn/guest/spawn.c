/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vcn/common/patience.h"
#include "vcn/guest/pin.h"

enum { EXIT_CHILD = 127, CAPABILITY_MAX = 63, START_TIMEOUT_MS = 20000, NUMBER_MAX = 16 };

#define CHILD_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* The child's steps, for the message when one fails. */
enum step {
	STEP_GROUP,
	STEP_FILES,
	STEP_CPUS,
	STEP_APART,
	STEP_SESSION,
	STEP_BOUNDING,
	STEP_GROUPS,
	STEP_USER,
	STEP_CAPABILITIES,
	STEP_NO_NEW_PRIVS,
	STEP_DEATH_SIGNAL,
	STEP_PARENT,
	STEP_EXECUTE,
};

static const char *const step_names[] = {
	[STEP_GROUP] = "it cannot be put into its control group",
	[STEP_FILES] = "its files cannot be put in place",
	[STEP_CPUS] = "it cannot be confined to its processors",
	[STEP_APART] = "it cannot be kept apart from the host",
	[STEP_SESSION] = "it cannot have a session of its own",
	[STEP_BOUNDING] = "its capability bounding set cannot be emptied",
	[STEP_GROUPS] = "its groups cannot be set",
	[STEP_USER] = "its user cannot be set",
	[STEP_CAPABILITIES] = "its capabilities cannot be dropped",
	[STEP_NO_NEW_PRIVS] = "it cannot be barred from new privileges",
	[STEP_DEATH_SIGNAL] = "it cannot be tied to its supervisor",
	[STEP_PARENT] = "its supervisor is gone",
	[STEP_EXECUTE] = "it cannot be executed",
};

/* What the child writes when a step fails. */
struct report {
	enum step step;
	int error;
};

/* What the child reads, made before the clone: after it nothing allocates. */
struct plan {
	const struct spawn *spawn;
	char **environment;
	int *fds; /* copies of spawn->fds in the child */
	int null_fd;
	int report_fd;
	int parent_fd; /* a pidfd of the supervisor */
	char oom_score_adj[NUMBER_MAX];
};

/* The child */

/*
 * Source and target numbers may overlap: first every source moves above all targets. The
 * report pipe and the supervisor's pidfd end up right behind them, closed by the execution.
 */
static int place_files(struct plan *plan)
{
	const struct spawn *spawn = plan->spawn;
	int above = 3;

	for (size_t i = 0; i < spawn->n_fds; i++)
		if (spawn->fds[i].number >= above)
			above = spawn->fds[i].number + 1;
	for (size_t i = 0; i < spawn->n_fds; i++) {
		plan->fds[i] = fcntl(spawn->fds[i].fd, F_DUPFD_CLOEXEC, above + 2);
		if (plan->fds[i] < 0)
			return -1;
	}
	int report_fd = fcntl(plan->report_fd, F_DUPFD_CLOEXEC, above + 2);
	int stderr_fd = fcntl(spawn->stderr_fd, F_DUPFD_CLOEXEC, above + 2);
	int null_fd = fcntl(plan->null_fd, F_DUPFD_CLOEXEC, above + 2);
	int parent_fd = fcntl(plan->parent_fd, F_DUPFD_CLOEXEC, above + 2);

	if (parent_fd < 0 || dup3(parent_fd, above + 1, O_CLOEXEC) < 0)
		return -1;
	plan->parent_fd = above + 1;
	if (report_fd < 0 || dup3(report_fd, above, O_CLOEXEC) < 0)
		return -1;
	plan->report_fd = above;
	if (dup2(null_fd, 0) < 0 || dup2(stderr_fd, 1) < 0 || dup2(stderr_fd, 2) < 0)
		return -1;
	for (size_t i = 0; i < spawn->n_fds; i++)
		if (dup2(plan->fds[i], spawn->fds[i].number) < 0)
			return -1;
	return close_range((unsigned)above + 2, ~0U, 0);
}

/*
 * Signals ignored by the supervisor would stay so in QEMU. Those that mean "please end" stay
 * blocked on purpose: a batch system sends SIGTERM to every process of a job, and QEMU would
 * end at once where the supervisor asks the guest to power off. QMP and SIGKILL still work.
 */
static void reset_signals(void)
{
	/* a limit, and what announces an end to a job; QEMU takes those back that it needs */
	static const int ignored[] = {SIGXFSZ, SIGUSR1, SIGUSR2};
	sigset_t polite;

	for (int signal = 1; signal < NSIG; signal++)
		if (signal != SIGKILL && signal != SIGSTOP)
			(void)!sigaction(
				signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		(void)!sigaction(
			ignored[i], &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	sigemptyset(&polite);
	sigaddset(&polite, SIGTERM);
	sigaddset(&polite, SIGINT);
	sigaddset(&polite, SIGHUP);
	sigprocmask(SIG_SETMASK, &polite, NULL);
}

/* So that even a file with capabilities could not bring one back; needs CAP_SETPCAP. */
static int empty_bounding_set(void)
{
	for (int capability = 0; capability <= CAPABILITY_MAX; capability++)
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			return errno == EINVAL ? 0 : -1;
	return 0;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}, {0}};

	/* Unknown to kernels before 4.3, where there is nothing to clear. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 &&
		errno != EINVAL)
		return -1;
	return (int)syscall(SYS_capset, &header, none);
}

/* A host that is out of memory thinks of guests first; where it may not be said it may not. */
static void set_oom_score(const struct plan *plan)
{
	int fd = plan->oom_score_adj[0] == '\0'
			 ? -1
			 : open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, plan->oom_score_adj, strlen(plan->oom_score_adj));
	close(fd);
}

/* By its pidfd: across process namespaces getppid() says nothing. */
static int check_parent(const struct plan *plan)
{
	struct pollfd end = {.fd = plan->parent_fd, .events = POLLIN};

	errno = ESRCH;
	return poll(&end, 1, 0) == 0 ? 0 : -1;
}

/* Before its files are in place, and before anything is allocated that is to count. */
static int enter_group(const struct spawn *spawn)
{
	return spawn->group_fd < 0 || write(spawn->group_fd, "0", 1) == 1 ? 0 : -1;
}

static int set_groups(const struct spawn *spawn)
{
	return setgroups(spawn->kvm_group != 0 ? 1 : 0, &spawn->kvm_group);
}

static int set_user(const struct spawn *spawn)
{
	if (setresgid(spawn->uid, spawn->uid, spawn->uid) < 0)
		return -1;
	return setresuid(spawn->uid, spawn->uid, spawn->uid);
}

#define STEP(number, expression) \
	if ((expression) < 0) \
	return (number)

/* Only comes back with the step that failed; errno says why. The order matters. */
static enum step become_qemu(struct plan *plan)
{
	const struct spawn *spawn = plan->spawn;

	STEP(STEP_GROUP, enter_group(spawn));
	STEP(STEP_FILES, place_files(plan));
	set_oom_score(plan);
	if (spawn->cpus != NULL)
		STEP(STEP_CPUS, pin_confine(spawn->cpus));
	if (spawn->apart != NULL)
		STEP(STEP_APART, apart_enter(spawn->apart));
	reset_signals();
	umask(077);
	STEP(STEP_FILES, chdir("/"));
	STEP(STEP_SESSION, setsid());
	if (spawn->changes_user) {
		STEP(STEP_BOUNDING, empty_bounding_set());
		STEP(STEP_GROUPS, set_groups(spawn));
		STEP(STEP_USER, set_user(spawn));
	}
	STEP(STEP_CAPABILITIES, drop_capabilities());
	STEP(STEP_NO_NEW_PRIVS, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	/* After the change of user, which would clear it. */
	STEP(STEP_DEATH_SIGNAL, prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
	STEP(STEP_PARENT, check_parent(plan));
	execve(spawn->path, spawn->argv, plan->environment);
	return STEP_EXECUTE;
}

static _Noreturn void run_child(struct plan *plan)
{
	struct report report = {.step = become_qemu(plan)};

	report.error = errno;
	(void)!write(plan->report_fd, &report, sizeof(report));
	_exit(EXIT_CHILD);
}

/* The parent */

/*
 * As fork(2), with the pidfd in the same step: the process cannot be gone before. Not clone3(2):
 * systemd's RestrictNamespaces= has to forbid it wholly.
 */
static pid_t clone_with_pidfd(const struct spawn *spawn, int *ret_pidfd)
{
	uint64_t flags = CLONE_PIDFD | SIGCHLD;

	if (spawn->apart != NULL)
		flags |= apart_flags();
	return (pid_t)syscall(SYS_clone, flags, NULL, ret_pidfd, NULL, NULL);
}

static int explain(
	const struct spawn *spawn, const struct report *report, struct diags *diags)
{
	return diag_fail_errno(diags,
		report->step == STEP_EXECUTE ? EXIT_MISSING : EXIT_IO, report->error,
		LOC_NONE, "QEMU ('%s') cannot be started: %s", spawn->path,
		step_names[report->step]);
}

/*
 * 0: the end of the pipe without a word: the program is running. Its image may lie on a file
 * system that hangs, and then even closing a file does.
 */
static int read_report(int fd, struct report *ret)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	int n_ready;
	ssize_t n;

	do
		n_ready = poll(&ready, 1, START_TIMEOUT_MS);
	while (n_ready < 0 && errno == EINTR);
	if (n_ready == 0) {
		*ret = (struct report){STEP_FILES, ETIMEDOUT};
		return -1;
	}
	do
		n = read(fd, ret, sizeof(*ret));
	while (n < 0 && errno == EINTR);
	return (int)n;
}

static void reap(struct process *process)
{
	patience_end(process->pid);
	mem_close_fd(&process->pidfd);
}

static int clone_and_listen(
	struct plan *plan, int report_fds[2], struct diags *diags, struct process *ret)
{
	struct report report;

	ret->pid = clone_with_pidfd(plan->spawn, &ret->pidfd);
	if (ret->pid < 0)
		return diag_fail_errno(
			diags, EXIT_IO, errno, LOC_NONE, "QEMU's process cannot be made");
	if (ret->pid == 0)
		run_child(plan);
	mem_close_fd(&report_fds[1]);
	if (read_report(report_fds[0], &report) == 0)
		return 0;
	reap(ret);
	return explain(plan->spawn, &report, diags);
}

int spawn_process(const struct spawn *spawn, struct diags *diags, struct process *ret)
{
	TMP_CTX(tmp);
	char path[] = CHILD_PATH;
	char *environment[] = {path, mem_printf(tmp, "TMPDIR=%s", spawn->scratch), NULL};
	int report_fds[2] = {-1, -1};
	_cleanup_(mem_close_fd) int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	_cleanup_(mem_close_fd) int parent_fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	struct plan plan = {
		.spawn = spawn,
		.environment = environment,
		.fds = mem_array(tmp, int, spawn->n_fds + 1),
		.null_fd = null_fd,
		.parent_fd = parent_fd,
	};

	if (spawn->oom_score_adj != 0)
		snprintf(plan.oom_score_adj, sizeof(plan.oom_score_adj), "%d",
			spawn->oom_score_adj);
	if (null_fd < 0 || parent_fd < 0 || pipe2(report_fds, O_CLOEXEC) < 0)
		return diag_fail_errno(diags, EXIT_IO, errno, LOC_NONE,
			"the files to start QEMU with cannot be opened");
	plan.report_fd = report_fds[1];
	*ret = (struct process){.pidfd = -1};
	int r = clone_and_listen(&plan, report_fds, diags, ret);

	mem_close_fd(&report_fds[0]);
	mem_close_fd(&report_fds[1]);
	return r;
}
