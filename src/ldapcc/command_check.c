/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/commands.h"

#include <json-c/json.h>

#include "base/json.h"
#include "base/text.h"

/* check: what needs no state and changes nothing. */

static void print_catalogue(struct run *run)
{
	static const char *const words[] = {"ignore", "note", "warning", "error"};
	struct json_object *list = run->result == NULL ? NULL : json_object_new_array();

	for (enum check check = 0; check < _CHECK_MAX; check++) {
		const char *severity = words[check_default(check)];

		if (list == NULL) {
			printf("%-22s %-8s %s\n", check_name(check), severity,
				check_meaning(check));
			continue;
		}
		struct json_object *row = json_object_new_object();

		json_put_text(row, "id", check_name(check));
		json_put_text(row, "severity", severity);
		json_put_text(row, "meaning", check_meaning(check));
		json_object_array_add(list, row);
	}
	if (list != NULL)
		json_object_object_add(run->result, "checks", list);
}

static void report_counts(struct run *run)
{
	const struct site *site = run->site;

	if (run->result != NULL) {
		json_put_number(run->result, "entries", (int64_t)run->n_entries);
		json_put_number(run->result, "hosts", (int64_t)site->n_hosts);
		json_put_number(run->result, "vcns", (int64_t)site->n_vcns);
		json_put_number(run->result, "quarantined", (int64_t)run->n_quarantined);
		return;
	}
	if (run->arguments.quiet)
		return;
	printf("%zu %s: %zu %s, %zu %s, %zu %s", run->n_entries,
		text_plural(run->n_entries, "entry", "entries"), site->n_hosts,
		text_plural(site->n_hosts, "host", "hosts"), site->n_vcns,
		text_plural(site->n_vcns, "VCN", "VCNs"), site->n_networks,
		text_plural(site->n_networks, "network", "networks"));
	if (run->n_quarantined > 0)
		printf("; %zu in error", run->n_quarantined);
	putchar('\n');
}

int command_check(void *session)
{
	struct run *run = session;

	if (run->arguments.list) {
		print_catalogue(run);
		return 0;
	}
	int failed = run_all(run);

	if (failed < 0)
		return failed;
	report_counts(run);
	return run->diags->n_errors > 0 ? -(int)EXIT_DATA : 0;
}
