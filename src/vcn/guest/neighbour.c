/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/neighbour.h"

#include <string.h>

#include "base/text.h"

static bool runs_with(const struct run_state *state, const char *key)
{
	for (size_t i = 0; state->pid != 0 && i < state->n_on_wire; i++)
		if (strcmp(state->on_wire[i], key) == 0)
			return true;
	return false;
}

const char *neighbour_with(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	const struct guest *guest, const char *key)
{
	TMP_CTX(tmp);
	struct diags *unheard = diags_new(tmp);
	char **names;
	size_t n;

	if (run_state_list(tmp, settings->runtime_dir, unheard, &names, &n) < 0)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		struct run_state *state;

		if (!text_equal_case(names[i], guest->name) &&
			run_state_read(tmp, settings->runtime_dir, names[i], unheard,
				&state) == 0 &&
			runs_with(state, key))
			return mem_strdup(mem_ctx, names[i]);
	}
	return NULL;
}
