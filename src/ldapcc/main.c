/* SPDX-License-Identifier: Apache-2.0 */

/* ldapcc: the tables of commands and options, and the only place that prints and exits. */

#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/program.h"
#include "ldapcc/commands.h"

/* Bits of the commands that know an option. */
enum {
	RENDER = 1 << 0,
	APPLY = 1 << 1,
	ALLOCATE = 1 << 2,
	ROLLBACK = 1 << 3,
	CHECK = 1 << 4,
	STATUS = 1 << 5,
	VERIFY = 1 << 6,
	IMPORT = 1 << 7,
	DIFF = 1 << 8,
	LIST = 1 << 9,
	ONCE = 1 << 10, /* it ends with what it has done */
};

static const struct program_command commands[] = {
	{"check", "", "read and check everything; exit 10 if there is an error",
		command_check, 0, 0, CHECK | LIST},
	{"diff", "[TARGET…]", "what apply would change; exit 2 if anything", command_diff,
		0, PROGRAM_ANY_NUMBER, DIFF | LIST},
	{"render", "[TARGET…]", "print the files, or write them below --output",
		command_render, 0, PROGRAM_ANY_NUMBER, RENDER | LIST},
	{"apply", "", "read, check, publish, and tell the services: for cron",
		command_apply, 0, 0, APPLY | ONCE},
	{"watch", "", "apply, then again on every change in the directory", command_watch,
		0, 0, APPLY},
	{"show", "NAME…", "all that is known of a record, and what it caused",
		command_show, 0, PROGRAM_ANY_NUMBER, LIST},
	{"graph", "", "print the site for Graphviz: networks, hosts, their VCNs",
		command_graph, 0, 0, 0},
	{"status", "", "is all well? the last run's exit code, or 3, 4, 6, 10, 70",
		command_status, 0, 0, STATUS},
	{"verify", "", "do the servers serve what is published? exit 6 if one does not",
		command_verify, 0, 0, VERIFY},
	{"history", "", "the generations that are kept", command_history, 0, 0, 0},
	{"rollback", "[N]", "publish generation N again and stay there", command_rollback,
		0, 1, ROLLBACK},
	{"import", "", "print LDIF from what a site has by hand", command_import, 0, 0,
		IMPORT},
	{"allocate", "", "print LDIF for new VCNs or hosts, for ldapadd",
		command_allocate, 0, 0, ALLOCATE},
};

#define AT(member) offsetof(struct arguments, member)
static const struct program_option options[] = {
	{"config", "FILE", "instead of /etc/ldapcc/ldapcc.yaml", 0, OPTION_TEXT,
		AT(config), 'c'},
	{"root", "DIR", "put DIR before every path; implies --no-reload", 0, OPTION_TEXT,
		AT(root), '\0'},
	{"ldif", "FILE", "read FILE instead of the directory; - is standard input", 0,
		OPTION_TEXT, AT(ldif), '\0'},
	{"json", NULL, "one JSON object instead of text", 0, OPTION_FLAG, AT(json), '\0'},
	{"quiet", NULL, "errors only", 0, OPTION_FLAG, AT(quiet), 'q'},
	{"verbose", NULL, "every finding, also those that were there before", 0,
		OPTION_FLAG, AT(verbose), 'v'},
	{"color", "WHEN", "auto, always or never; NO_COLOR is honoured", 0, OPTION_COLOR,
		0, '\0'},
	{"help", NULL, "this text", 0, OPTION_HELP, 0, 'h'},
	{"version", NULL, "the version", 0, OPTION_VERSION, 0, '\0'},
	{"change", "FILE",
		"diff: as if these LDIF change records were made; - is standard input",
		DIFF, OPTION_TEXT, AT(change), '\0'},
	{"list", NULL,
		"check: the checks; diff, render: the targets; show: the names published",
		LIST, OPTION_FLAG, AT(list), '\0'},
	{"output", "DIR", "render: write the files below DIR", RENDER, OPTION_TEXT,
		AT(output), 'o'},
	{"accept", "PLAN_ID",
		"apply, watch, rollback: this set of changes, whatever the guards say",
		APPLY | ROLLBACK, OPTION_TEXT_OR_NONE, AT(accept), '\0'},
	{"bootstrap", NULL,
		"apply, watch, rollback: take over files that are there already",
		APPLY | ROLLBACK, OPTION_FLAG, AT(bootstrap), '\0'},
	{"no-reload", NULL, "apply, watch, rollback: tell no service", APPLY | ROLLBACK,
		OPTION_FLAG, AT(no_reload), '\0'},
	{"full", NULL,
		"apply, watch: read everything, also if nothing seems to have changed",
		APPLY, OPTION_FLAG, AT(full), '\0'},
	{"detailed-exitcode", NULL, "apply: exit 2 if something was changed", ONCE,
		OPTION_FLAG, AT(detailed_exitcode), '\0'},
	{"metrics", "FILE",
		"apply, watch, rollback: numbers for Prometheus, after every run",
		APPLY | ROLLBACK, OPTION_TEXT, AT(metrics), '\0'},
	{"unpin", NULL, "rollback: follow the directory again", ROLLBACK, OPTION_FLAG,
		AT(unpin), '\0'},
	{"max-age", "SECONDS", "status: exit 4 if the directory was read before that",
		STATUS, OPTION_NUMBER, AT(max_age), '\0'},
	{"all", NULL, "verify: ask for every name and address, not for a sample", VERIFY,
		OPTION_FLAG, AT(all), '\0'},
	{"dhcpd", "FILE", "import: a dhcpd.conf", IMPORT, OPTION_TEXT, AT(dhcpd), '\0'},
	{"hosts", "FILE", "import: a hosts file", IMPORT, OPTION_TEXT, AT(hosts), '\0'},
	{"ethers", "FILE", "import: an ethers file", IMPORT, OPTION_TEXT, AT(ethers),
		'\0'},
	{"dnsmasq", "FILE", "import: a dnsmasq.conf", IMPORT, OPTION_TEXT, AT(dnsmasq),
		'\0'},
	{"hosts", NULL, "allocate: physical hosts, not VCNs", ALLOCATE, OPTION_FLAG,
		AT(new_hosts), '\0'},
	{"vo", "NAME", "allocate: the VCNs' virtual organization", ALLOCATE, OPTION_TEXT,
		AT(vo), '\0'},
	{"image", "CN", "allocate: their master image", ALLOCATE, OPTION_TEXT, AT(image),
		'\0'},
	{"network", "CN", "allocate: their network", ALLOCATE, OPTION_TEXT, AT(network),
		'\0'},
	{"name", "PATTERN", "allocate: such as vcn%03d", ALLOCATE, OPTION_TEXT, AT(name),
		'\0'},
	{"count", "N", "allocate: how many", ALLOCATE, OPTION_NUMBER, AT(count), '\0'},
	{"group", "CN", "allocate: the group that they become members of", ALLOCATE,
		OPTION_TEXT, AT(group), '\0'},
	{"move", "HOST", "allocate: change records that empty HOST, for ldapmodify",
		ALLOCATE, OPTION_TEXT, AT(move), '\0'},
	{"per-host", "N", "allocate: at most N on one host, those there included",
		ALLOCATE, OPTION_NUMBER, AT(per_host), '\0'},
	{"memory", "MIB", "allocate: memory of each; 1024", ALLOCATE, OPTION_NUMBER,
		AT(memory_mib), '\0'},
	{"cpus", "N", "allocate: CPUs of each; 1", ALLOCATE, OPTION_NUMBER, AT(cpus),
		'\0'},
};
#undef AT

static const struct program_clash clashes[] = {
	{"quiet", "verbose"}, {"list", "change output"}, {"unpin", "accept bootstrap"},
	{"move", "hosts vo image network name count group memory cpus"},
	{"hosts", "vo image per-host"}, /* allocate's */
};

int main(int argc, char **argv)
{
	TALLOC_CTX *top = mem_scope_new();
	struct diags *diags = diags_new(top);
	struct run run = {.mem_ctx = top, .diags = diags};
	struct program program = {
		.name = "ldapcc",
		.about = "Compiles an LDAP directory of hosts and virtual compute nodes "
			 "into "
			 "the files of DNS,\nDHCP, installation and VM launch, and "
			 "publishes "
			 "them as one generation.",
		.epilogue =
			"Exit status: 0 in sync, 2 changes, 3 refused, 4 directory, 5 "
			"rejected, 6 reload pending,\n7 I/O, 8 busy, 9 edited by hand, "
			"10 "
			"data errors, 64 usage. See ldapcc(8).",
		.commands = commands,
		.n_commands = ARRAY_SIZE(commands),
		.options = options,
		.n_options = ARRAY_SIZE(options),
		.clashes = clashes,
		.n_clashes = ARRAY_SIZE(clashes),
		.session = &run,
		.arguments = &run.arguments,
		.diags = diags,
	};

	int result = program_parse(&program, argc, argv);

	run.color = program_color(&program, STDOUT_FILENO);
	if (run.arguments.json)
		run.result = json_object_new_object();
	run.words = program.words;
	run.n_words = program.n_words;
	if (result == 0)
		result = program_run(&program);
	int code = program_finish(
		&program, result, run.result, run.arguments.quiet, run.arguments.verbose);

	json_object_put(run.result);
	mem_scope_done(&top);
	return code;
}
