/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/listing.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "base/json.h"
#include "base/text.h"
#include "generation/roster.h"

/* An array of the result, or NULL where lines are printed. */
static struct json_object *array_of(struct run *run, const char *name)
{
	struct json_object *array = NULL;

	if (run->result != NULL) {
		array = json_object_new_array();
		json_object_object_add(run->result, name, array);
	}
	return array;
}

static int refuse_words(struct run *run)
{
	TMP_CTX(tmp);

	return run->n_words == 0 ? 0
				 : diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
					   "--list takes no word, and there is '%s'",
					   text_printable(tmp, run->words[0],
						   strlen(run->words[0])));
}

int listing_nodes(struct run *run)
{
	TMP_CTX(tmp);
	struct state *state = NULL;
	struct roster roster = {0};
	int failed = refuse_words(run);

	if (failed == 0)
		failed = run_prepare_settings(run);
	if (failed == 0)
		failed = state_open(tmp, run->settings, run->arguments.root, false,
			run->diags, &state);
	if (failed == 0 && state->current != 0)
		failed = roster_of_generation(
			tmp, state, state->current, run->diags, &roster);
	if (failed < 0)
		return failed;
	struct json_object *array = array_of(run, "names");

	for (size_t i = 0; i < roster.n; i++) {
		const struct roster_record *record = &roster.records[i];

		if (!kind_is_node(record->kind))
			continue;
		if (array == NULL)
			printf("%s\n", record->name);
		else
			json_object_array_add(
				array, json_object_new_string(record->name));
	}
	return 0;
}

int listing_targets(struct run *run)
{
	int failed = refuse_words(run);

	if (failed == 0)
		failed = run_prepare(run);
	if (failed < 0)
		return failed;
	struct json_object *array = array_of(run, "targets");

	for (size_t i = 0; i < run->n_targets; i++) {
		const struct target *target = &run->targets[i];

		if (array == NULL) {
			printf("%-26s %s\n", target->name, target->path);
			continue;
		}
		struct json_object *row = json_object_new_object();

		json_put_text(row, "name", target->name);
		json_put_text(row, "path", target->path);
		json_object_array_add(array, row);
	}
	return 0;
}
