/* SPDX-License-Identifier: Apache-2.0 */

/* vcn: the tables of commands and options, and the only place that prints and exits. */

#include <stdlib.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/program.h"
#include "vcn/host/check_command.h"
#include "vcn/host/fence_command.h"
#include "vcn/host/launch_command.h"

/* Bits of the commands that know an option. */
enum {
	ALL = 1 << 0,
	PLAN = 1 << 1,
	RESTART = 1 << 2,
	STOP = 1 << 3,
	RUN = 1 << 4,
	STATUS = 1 << 5,
	APPLY = 1 << 6,
	TIMES = 1 << 7,
};

enum { MANY = PROGRAM_ANY_NUMBER };

static const struct program_command commands[] = {
	{"check", "[FILE…]", "verify manifests; with --host, and whether this host can",
		check_command, 0, MANY, 0},
	{"apply", "", "start and stop VCNs as the manifest says", launch_command_apply, 0,
		0, PLAN | RESTART | STOP | APPLY},
	{"diff", "", "what apply would do; exit 2 if anything", launch_command_diff, 0, 0,
		PLAN},
	{"run", "NAME", "one VCN in the foreground, for units and batch jobs",
		launch_command_run, 1, 1, RUN},
	{"start", "NAME…", "start VCNs", launch_command_start, 0, MANY, ALL},
	{"stop", "NAME…", "ask VCNs to power off, then insist", launch_command_stop, 0,
		MANY, ALL | STOP},
	{"kill", "NAME…", "end VCNs at once", launch_command_kill, 0, MANY, ALL},
	{"restart", "NAME…", "stop and start VCNs, with the manifest's changes",
		launch_command_restart, 0, MANY, ALL | STOP | RESTART},
	{"status", "[NAME…]", "what runs here", launch_command_status, 0, MANY, STATUS},
	{"console", "NAME", "the serial console; Ctrl-] leaves it",
		launch_command_console, 1, 1, 0},
	{"log", "NAME", "what the serial console has shown", launch_command_log, 1, 1, 0},
	{"boot-times", "", "how long VCNs took to boot, by stage",
		launch_command_boot_times, 0, 0, TIMES},
	{"fence", "HOST", "make sure that another host is off", fence_command, 1, 1, 0},
	{"argv", "NAME", "the QEMU command that would run", launch_command_argv, 1, 1, 0},
};

#define AT(member) offsetof(struct arguments, member)
static const struct program_option options[] = {
	{"manifest", "FILE", "instead of /srv/ldapcc/manifests/HOST.yaml", 0, OPTION_TEXT,
		AT(manifest), '\0'},
	{"config", "FILE", "instead of /etc/ldapcc/vcn.yaml", 0, OPTION_TEXT, AT(config),
		'c'},
	{"runtime-dir", "DIR", "instead of /run/vcn", 0, OPTION_TEXT, AT(runtime_dir),
		'\0'},
	{"host", "NAME", "this host's name in its manifest (or VCN_HOST)", 0, OPTION_TEXT,
		AT(host), '\0'},
	{"hosts", "NODESET", "status: of many hosts, by ClusterShell", STATUS,
		OPTION_TEXT, AT(hosts), '\0'},
	{"json", NULL, "one JSON object instead of text", 0, OPTION_FLAG, AT(json), '\0'},
	{"color", "WHEN", "auto, always or never; NO_COLOR is honoured", 0, OPTION_COLOR,
		0, '\0'},
	{"help", NULL, "this text", 0, OPTION_HELP, 0, 'h'},
	{"version", NULL, "the version", 0, OPTION_VERSION, 0, '\0'},
	{"all", NULL, "start, stop, kill, restart: every VCN", ALL, OPTION_FLAG, AT(all),
		'\0'},
	{"restart-changed", NULL, "apply, diff: restart what the manifest has changed",
		PLAN, OPTION_FLAG, AT(restart_changed), '\0'},
	{"max-unavailable", "N", "apply, restart: N restarting VCNs at a time", RESTART,
		OPTION_NUMBER, AT(max_unavailable), '\0'},
	{"allow-stop", "N", "apply, diff: N VCNs may be stopped, however many run", PLAN,
		OPTION_NUMBER, AT(allow_stop), '\0'},
	{"timeout", "SECONDS",
		"apply, stop, restart: for a VCN's stop, before it is killed", STOP,
		OPTION_NUMBER, AT(timeout_s), '\0'},
	{"metrics", "[FILE]",
		"status: OpenMetrics instead of the table; apply: numbers into FILE",
		STATUS | APPLY, OPTION_TEXT, AT(metrics), '\0'},
	{"credential", "NAME:FILE", "run: a credential of this run; may be repeated", RUN,
		OPTION_TEXTS, AT(credentials), '\0'},
	{"seed", "URL", "run: the seed of this run, instead of the manifest's", RUN,
		OPTION_TEXT, AT(seed), '\0'},
	{"plot", NULL, "boot-times: a picture, as SVG", TIMES, OPTION_FLAG, AT(plot),
		'\0'},
	{"console", NULL, "run: the serial console on standard output", RUN, OPTION_FLAG,
		AT(console), '\0'},
};
#undef AT

/* What --json leaves no place for is told by the commands. */
static const struct program_clash clashes[] = {
	{"hosts", "manifest host metrics"},
};

int main(int argc, char **argv)
{
	TALLOC_CTX *top = mem_scope_new();
	struct diags *diags = diags_new(top);
	struct session session = {.mem_ctx = top,
		.diags = diags,
		.out = stdout,
		.lock_fd = -1,
		.environment_host = getenv("VCN_HOST")};
	struct program program = {
		.name = "vcn",
		.about = "Starts, supervises and stops the "
			 "virtual compute nodes of this host.",
		.epilogue = "Names may be ranges: 'vcn[001-016]'. Exit status: 0 done, 2 "
			    "changes, "
			    "3 refused, 5 a VCN\nfailed, 7 I/O, 8 busy, 10 bad manifest, "
			    "64 usage, "
			    "69 KVM or QEMU missing. See vcn(8).",
		.commands = commands,
		.n_commands = ARRAY_SIZE(commands),
		.options = options,
		.n_options = ARRAY_SIZE(options),
		.clashes = clashes,
		.n_clashes = ARRAY_SIZE(clashes),
		.session = &session,
		.arguments = &session.arguments,
		.diags = diags,
	};

	int result = program_parse(&program, argc, argv);

	session.words = program.words;
	session.n_words = program.n_words;
	session.is_terminal = isatty(STDOUT_FILENO);
	session.color = program_color(&program, STDOUT_FILENO);
	if (session.arguments.json)
		session.result = json_object_new_object();
	if (result == 0)
		result = program_run(&program);
	int code = program_finish(&program, result, session.result, false, false);

	json_object_put(session.result);
	mem_scope_done(&top);
	return code;
}
