/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/clock.h"
#include "base/notify.h"
#include "vcn/common/process.h"
#include "vcn/guest/boot.h"
#include "vcn/guest/cgroup.h"
#include "vcn/guest/emulator.h"
#include "vcn/guest/firmware.h"
#include "vcn/guest/ingress.h"
#include "vcn/guest/kvm.h"
#include "vcn/guest/machine.h"
#include "vcn/guest/progress.h"
#include "vcn/guest/replace.h"
#include "vcn/guest/stop.h"
#include "vcn/guest/tap.h"
#include "vcn/guest/upkeep.h"

enum {
	NOTIFY_SPARE_S = 30,
	POLL_MAX_MS = 3600 * 1000,
	WAIT_MS = 5000, /* between two questions whether the VCN still runs elsewhere */
	WAIT_EXTENSION_S = 60,
	FILES_MAX = 65536, /* as in vcn@.service */
};

/* What clients ask for */

static struct json_object *call_status(void *user)
{
	struct supervisor *s = user;

	return run_state_to_json(s->state);
}

static struct json_object *call_check(void *user)
{
	struct supervisor *s = user;

	upkeep_now(s);
	if (s->is_waiting)
		s->restart_at = clock_ms();
	return run_state_to_json(s->state);
}

static void call_stop(void *user, unsigned timeout_s)
{
	replace_cancel(user);
	stop_begin(user, timeout_s);
}

static void call_kill(void *user)
{
	replace_cancel(user);
	stop_kill(user);
}

static const char *call_replace(void *user, const char *manifest, unsigned timeout_s)
{
	return replace_begin(user, manifest, timeout_s);
}

static bool call_attach(void *user, int fd)
{
	struct supervisor *s = user;

	return console_attach(s->console, fd);
}

static void call_detach(void *user, int fd)
{
	struct supervisor *s = user;

	console_detach(s->console, fd);
}

static void call_type(void *user, const char *bytes, size_t len)
{
	struct supervisor *s = user;

	console_type(s->console, bytes, len);
}

/* Signals */

static void wanted_signals(const struct supervise_options *options, sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGTERM);
	sigaddset(ret, SIGINT);
	if (options->is_foreground)
		sigaddset(ret, SIGHUP);
}

/* That a batch system or somebody else may send to all there is, and by which others end. */
static const int deaf_to[] = {
	SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR};

static void ignore_signals(struct sigaction ret_before[ARRAY_SIZE(deaf_to)])
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	for (size_t i = 0; i < ARRAY_SIZE(deaf_to); i++)
		(void)!sigaction(deaf_to[i], &ignore, &ret_before[i]);
}

static void restore_signals(const struct sigaction before[ARRAY_SIZE(deaf_to)])
{
	for (size_t i = 0; i < ARRAY_SIZE(deaf_to); i++)
		(void)!sigaction(deaf_to[i], &before[i], NULL);
}

static void read_signal(struct supervisor *s)
{
	struct signalfd_siginfo info;

	if (read(s->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	replace_cancel(s);
	if (info.ssi_signo == SIGINT && ++s->n_interrupts > 1)
		stop_kill(s);
	else
		stop_begin(s, 0);
}

/* The loop */

enum slot {
	SLOT_SIGNAL,
	SLOT_PROCESS,
	SLOT_QMP,
	SLOT_READY,
	SLOT_STDERR,
	SLOT_CONSOLE,
	SLOT_ANSWERS,
	SLOT_OPENING,
	SLOTS
};

static void fill_slots(struct supervisor *s, struct pollfd slots[SLOTS])
{
	const struct boot *boot = s->boot;

	/* poll() passes over negative descriptors. */
	for (size_t i = 0; i < SLOTS; i++)
		slots[i] = (struct pollfd){.fd = -1, .events = POLLIN};
	slots[SLOT_SIGNAL].fd = s->signal_fd;
	if (s->opening != NULL)
		slots[SLOT_OPENING].fd = opening_fd(s->opening);
	if (boot == NULL)
		return;
	slots[SLOT_PROCESS].fd = boot->process.pidfd;
	slots[SLOT_READY].fd = boot->ready_fd;
	slots[SLOT_STDERR].fd = boot->stderr_fd;
	slots[SLOT_CONSOLE].fd = console_fd(s->console);
	slots[SLOT_ANSWERS].fd = answers_fd(boot->answers);
	if (boot->qmp == NULL)
		return;
	slots[SLOT_QMP].fd = qmp_fd(boot->qmp);
	if (qmp_wants_out(boot->qmp))
		slots[SLOT_QMP].events |= POLLOUT;
}

static void handle_qmp(struct supervisor *s, short events)
{
	if (events & POLLOUT)
		(void)!qmp_flush(s->boot->qmp);
	if (events & ~POLLOUT)
		progress_read_qmp(s);
}

static void handle_slots(struct supervisor *s, const struct pollfd slots[SLOTS])
{
	if (slots[SLOT_SIGNAL].revents != 0)
		read_signal(s);
	if (s->boot == NULL)
		return;
	if (slots[SLOT_QMP].revents != 0)
		handle_qmp(s, slots[SLOT_QMP].revents);
	if (slots[SLOT_READY].revents != 0)
		progress_read_ready(s);
	if (slots[SLOT_STDERR].revents != 0)
		boot_read_stderr(s->boot);
	if (slots[SLOT_CONSOLE].revents != 0)
		console_receive(s->console);
	if (slots[SLOT_ANSWERS].revents != 0)
		answers_give(s->boot->answers);
	/* Last: it takes what the others have left. */
	if (slots[SLOT_PROCESS].revents != 0)
		boot_end(s);
}

static int next_timeout(const struct supervisor *s)
{
	int64_t deadline = progress_deadline(s), stop = stop_deadline(s), left;
	int pause = console_pause_ms(s->console);

	if (stop < deadline)
		deadline = stop;
	if (deadline == INT64_MAX && pause < 0)
		return -1;
	left = deadline - clock_ms();
	if (left < 0)
		left = 0;
	if (pause >= 0 && pause < left)
		left = pause;
	return left > POLL_MAX_MS ? POLL_MAX_MS : (int)left;
}

/* True where the answer of those who open the files is there. */
static bool wait_and_handle(struct supervisor *s)
{
	struct pollfd polls[SLOTS + SERVER_POLLS_MAX];

	fill_slots(s, polls);
	size_t n = server_polls(s->server, polls + SLOTS);
	bool has_any = poll(polls, SLOTS + n, next_timeout(s)) > 0;

	if (has_any) {
		handle_slots(s, polls);
		server_handle(s->server, polls + SLOTS, n);
	}
	stop_tick(s);
	progress_tick(s);
	return has_any && polls[SLOT_OPENING].revents != 0;
}

static void wait_for_elsewhere(struct supervisor *s, const char *why)
{
	bool is_news = !s->is_waiting || s->state->message == NULL ||
		       strcmp(s->state->message, why) != 0;

	s->is_waiting = true;
	s->restart_at = clock_ms() + WAIT_MS;
	notify_send(s->options->notify_socket, "EXTEND_TIMEOUT_USEC=%lld",
		(long long)WAIT_EXTENSION_S * 1000000);
	if (!is_news)
		return;
	s->state->message = mem_strdup(s->state, why);
	supervisor_publish(s);
}

/* A start, or a wait for the VCN's end elsewhere, which is no failure. */
static int try_boot(struct supervisor *s, struct opening *opening)
{
	TMP_CTX(tmp);
	struct diags *diags = s->diags;

	s->diags = diags_new(tmp);
	int r = boot_start(s, opening);
	const char *why = r < 0 ? diag_last(s->diags)->message : NULL;

	s->diags = diags;
	if (r == -EXIT_BUSY && !replace_is_on_trial(s)) {
		wait_for_elsewhere(s, guest_own_words(s->guest, why));
		return 0;
	}
	s->is_waiting = false;
	return r < 0 ? diag_fail(diags, -r, s->guest->where, "%s", why) : 0;
}

/* The boot, once its files are open or their time is over. */
static int go_on_with_boot(struct supervisor *s, bool has_answer)
{
	TMP_CTX(tmp);

	if (!has_answer && clock_ms() < opening_deadline(s->opening))
		return 0;
	struct opening *opening = talloc_steal(tmp, s->opening);

	s->opening = NULL;
	return try_boot(s, opening);
}

/*
 * QEMU may be another one since the last boot, by an upgrade, and a guest in the place of another may
 * be for another QEMU, or what this host does not allow.
 */
static int begin_boot(struct supervisor *s)
{
	int r = emulator_find(s, s->guest);

	return r < 0 ? r
		     : opening_begin(s, s->settings, s->guest, replace_files(s), s->diags,
			       &s->opening);
}

/* Between two boots: the next one, when it is due. */
static void boot_if_due(struct supervisor *s, bool has_answer)
{
	int r = 0;

	if (s->boot != NULL)
		replace_go_on(s, has_answer);
	if (s->boot != NULL || s->is_ended)
		return;
	if (s->opening != NULL)
		r = go_on_with_boot(s, has_answer);
	else if (clock_ms() >= s->restart_at)
		r = begin_boot(s);
	if (r < 0 && !replace_goes_on(s,
			     guest_own_words(s->guest, diag_last(s->diags)->message))) {
		boot_count_failure(s, r);
		s->state->message = supervisor_last_fault(s);
	}
}

static void run_loop(struct supervisor *s)
{
	bool is_trimmed = false;

	while (!s->is_ended) {
		boot_if_due(s, wait_and_handle(s));
		/* What the start needed is not needed while the guest runs, maybe for
		 * months. */
		if (!is_trimmed && s->boot != NULL && s->boot->is_ready)
			is_trimmed = malloc_trim(0) >= 0;
	}
}

/* Beginning and end */

static void fill_state(struct supervisor *s, const char *host)
{
	struct run_state *state = s->state;

	supervisor_note_guest(s);
	state->host = host;
	state->state = STATE_STARTING;
	state->accel = s->settings->accel;
	state->supervisor_pid = getpid();
	state->supervisor_starttime = process_starttime(getpid());
	state->boot_id = process_boot_id(state);
	state->started_at = time(NULL);
	for (enum boot_stage stage = 0; stage < _STAGE_MAX; stage++)
		state->stage_us[stage] = -1;
}

/* Until there are new ones: a start that fails must not make an earlier run forgotten. */
static void note_taps(struct supervisor *s)
{
	for (size_t i = 0; i < s->guest->n_interfaces; i++) {
		char name[IFNAMSIZ];

		tap_name(s->guest->fqdn, i, name);
		*mem_push(s->state, &s->state->taps, &s->state->n_taps) =
			mem_strdup(s->state, name);
	}
}

/* The first state must be written, so that the rest can be relied on. */
static int open_folder(struct supervisor *s, const char *host)
{
	const struct server_calls calls = {call_status, call_check, call_stop, call_kill,
		call_replace, call_attach, call_detach, call_type, s};
	int r;

	fill_state(s, host);
	r = run_state_lock(
		s, s->settings->runtime_dir, s->guest->name, s->diags, &s->folder);
	if (r < 0)
		return r;
	s->state->n_failures = s->folder->n_failures;
	s->state->failed_at = s->folder->failed_at;
	if (s->folder->had_taps)
		note_taps(s);
	r = run_state_write(s->folder, s->state, s->diags);
	if (r < 0)
		return r;
	s->console = console_new(s, s->folder->dirfd, s->options->console_fd);
	s->server = server_open(s, s->folder->dirfd, &calls, s->diags);
	return s->server == NULL ? -EXIT_IO : 0;
}

static int start_first(struct supervisor *s)
{
	supervisor_publish(s);
	notify_send(s->options->notify_socket, "EXTEND_TIMEOUT_USEC=%lld",
		(long long)(s->settings->ready_timeout_s + NOTIFY_SPARE_S) * 1000000);
	s->cgroup = cgroup_enter(s, &s->unlimited);
	int r = emulator_find(s, s->guest);

	return r == 0 ? opening_begin(
				s, s->settings, s->guest, NULL, s->diags, &s->opening)
		      : r;
}

/*
 * The last word, then the lock, then those who wait: whoever hears of the end finds
 * everything released.
 */
static void close_folder(struct supervisor *s)
{
	TALLOC_FREE(s->opening);
	s->state->is_stopping = false;
	s->state->pid = 0;
	supervisor_publish(s);
	server_stop_listening(s->server);
	if (s->state->n_taps > 0)
		ingress_sweep(s->state->taps, s->state->n_taps);
	TALLOC_FREE(s->identity);
	TALLOC_FREE(s->folder);
	server_end(s->server, run_state_to_json(s->state));
}

static int supervise(struct supervisor *s, const char *host)
{
	int r = open_folder(s, host);

	if (r < 0) {
		/* Not into the folder, which is another's: only to whoever started us. */
		s->state->state = STATE_FAILED;
		s->state->message = supervisor_last_fault(s);
		supervisor_report(s);
		return r;
	}
	r = start_first(s);
	if (r == 0) {
		run_loop(s);
	} else {
		boot_count_failure(s, r);
		s->state->message = supervisor_last_fault(s);
	}
	close_folder(s);
	return s->result;
}

int supervise_run(const struct launch_settings *settings, const struct guest *guest,
	const char *host, const struct supervise_options *options, struct diags *diags)
{
	TMP_CTX(tmp);
	struct supervisor *s = mem_new(tmp, struct supervisor);
	sigset_t wanted, before;
	struct sigaction ignored[ARRAY_SIZE(deaf_to)];

	ignore_signals(ignored);
	s->settings = settings;
	s->guest = guest;
	s->options = options;
	s->diags = diags;
	s->state = mem_new(s, struct run_state);
	wanted_signals(options, &wanted);
	sigprocmask(SIG_BLOCK, &wanted, &before);
	s->signal_fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	int r = s->signal_fd < 0 ? diag_fail_errno(diags, EXIT_IO, errno, LOC_NONE,
					   "no descriptor for signals")
				 : supervise(s, host);

	mem_close_fd(&s->signal_fd);
	sigprocmask(SIG_SETMASK, &before, NULL);
	restore_signals(ignored);
	return r;
}

/* In a process of its own */

/*
 * Nothing of the caller stays open but @report_fd: its locks would be held for as long as
 * the guest runs.
 */
static int leave_caller(int report_fd)
{
	int null_fd = open("/dev/null", O_RDWR);

	if (setsid() < 0 || null_fd < 0)
		return -1;
	for (int fd = 0; fd <= 2; fd++)
		if (dup2(null_fd, fd) < 0)
			return -1;
	if (report_fd != 3 && dup2(report_fd, 3) < 0)
		return -1;
	return fcntl(3, F_SETFD, FD_CLOEXEC) < 0 ? -1 : close_range(4, ~0U, 0);
}

/*
 * Those of a shell are meant for what ends with it: a guest would end with its seconds of
 * processor time. What may not be lifted is lifted as far as it goes.
 */
static void lift_limits(void)
{
	static const struct {
		int resource;
		rlim_t wanted;
	} rows[] = {
		{RLIMIT_AS, RLIM_INFINITY},
		{RLIMIT_CPU, RLIM_INFINITY},
		{RLIMIT_DATA, RLIM_INFINITY},
		{RLIMIT_FSIZE, RLIM_INFINITY},
		{RLIMIT_NOFILE, FILES_MAX},
		{RLIMIT_NPROC, RLIM_INFINITY},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rlimit limit = {rows[i].wanted, rows[i].wanted};

		if (setrlimit(rows[i].resource, &limit) == 0 ||
			getrlimit(rows[i].resource, &limit) < 0)
			continue;
		limit.rlim_cur = limit.rlim_max;
		(void)!setrlimit(rows[i].resource, &limit);
	}
}

static _Noreturn void run_detached(const struct launch_settings *settings,
	const struct guest *guest, const char *host,
	const struct supervise_options *options, int report_fd)
{
	struct supervise_options own = *options;
	struct diags *diags = diags_new(NULL);

	own.is_foreground = false;
	own.console_fd = -1;
	own.notify_socket = NULL;
	own.report_fd = 3;
	if (leave_caller(report_fd) < 0)
		_exit(EXIT_IO);
	lift_limits();
	/* A terminal that hangs up has nothing to do with us any more. */
	signal(SIGHUP, SIG_IGN);
	(void)!chdir("/");
	_exit(-supervise_run(settings, guest, host, &own, diags));
}

int supervise_detach(const struct launch_settings *settings, const struct guest *guest,
	const char *host, const struct supervise_options *options, struct diags *diags,
	int *ret_fd)
{
	int pair[2], status;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return diag_fail_errno(diags, EXIT_IO, errno, LOC_NONE,
			"VCN '%s': no socket for its supervisor", guest->name);
	pid_t child = fork();

	/* Twice, so that init reaps the supervisor and not a caller that knows nothing. */
	if (child == 0) {
		pid_t supervisor = fork();

		if (supervisor == 0)
			run_detached(settings, guest, host, options, pair[1]);
		_exit(supervisor < 0 ? EXIT_IO : 0);
	}
	close(pair[1]);
	if (child > 0 && waitpid(child, &status, 0) == child && status == 0) {
		*ret_fd = pair[0];
		return 0;
	}
	close(pair[0]);
	return diag_fail(diags, EXIT_IO, LOC_NONE,
		"VCN '%s': the process of its supervisor cannot be made", guest->name);
}

/* Without a guest */

static int probe_host(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	enum architecture architecture, struct diags *diags, struct qemu **ret_qemu)
{
	TMP_CTX(tmp);
	struct identity *identity;
	int r = identity_claim(tmp, settings, "probe", diags, &identity);

	return r == 0 ? probe_qemu(mem_ctx, settings, architecture, identity, diags,
				ret_qemu)
		      : r;
}

int supervise_check(const struct launch_settings *settings, struct diags *diags)
{
	TMP_CTX(tmp);
	struct qemu *qemu;
	int r = settings->accel == ACCEL_KVM ? kvm_check(diags) : 0;

	if (r == 0)
		r = uplink_check(settings, diags);
	return r == 0 ? probe_host(tmp, settings, ARCHITECTURE_HOST, diags, &qemu) : r;
}

int supervise_argv(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	const struct guest *guest, struct diags *diags, char ***ret_argv)
{
	TMP_CTX(tmp);
	struct machine_host host = {.settings = settings, .vsock_cid = 3};
	struct qemu *qemu = NULL;
	struct firmware *firmware = NULL;
	int r = firmware_find(tmp, settings, guest, diags, &firmware);

	if (r == 0)
		r = probe_host(tmp, settings, guest->architecture, diags, &qemu);
	if (r < 0)
		return r;
	host.firmware = firmware;
	host.qemu = qemu;
	if (kvm_has_vhost_net())
		host.queues = guest->cpus < QUEUES_MAX ? guest->cpus : QUEUES_MAX;
	struct machine *machine = machine_build(tmp, guest, &host);

	*ret_argv = talloc_steal(mem_ctx, machine->argv);
	for (size_t i = 0; i < machine->n_arguments; i++)
		(void)!talloc_steal(*ret_argv, machine->argv[i]);
	return 0;
}
