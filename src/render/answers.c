/* SPDX-License-Identifier: Apache-2.0 */
#include "render/answers.h"

#include <string.h>

#include "base/text.h"

/* The targets that write what an installer reads, and the `when` that they share. */
static const struct {
	const char *when;
	const char *names[2];
} answers[_INSTALLER_MAX] = {
	[INSTALLER_KICKSTART] = {"takes_kickstart", {"kickstart"}},
	[INSTALLER_PRESEED] = {"takes_preseed", {"preseed", "preseed-script"}},
	[INSTALLER_AUTOINSTALL] = {"takes_autoinstall",
		{"autoinstall", "autoinstall-meta"}},
};

static bool is_answer(const char *name, enum installer installer)
{
	for (size_t i = 0; i < ARRAY_SIZE(answers[installer].names); i++)
		if (text_compare(name, answers[installer].names[i]) == 0)
			return true;
	return false;
}

static bool is_off(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->n_targets_off; i++)
		if (strcmp(settings->targets_off[i].name, name) == 0)
			return true;
	return false;
}

void targets_find_unanswered(const struct target *targets, size_t n_targets,
	const struct settings *settings, const char *ret_names[_INSTALLER_MAX])
{
	for (enum installer i = 0; i < _INSTALLER_MAX; i++) {
		bool has_own = false;

		for (size_t j = 0; j < n_targets; j++)
			has_own |= text_compare(targets[j].when, answers[i].when) == 0 &&
				   !is_answer(targets[j].name, i);
		ret_names[i] = NULL;
		for (size_t j = ARRAY_SIZE(answers[i].names); j-- > 0 && !has_own;) {
			const char *name = answers[i].names[j];

			if (name != NULL && !is_off(settings, name) &&
				targets_find(targets, n_targets, name) == NULL)
				ret_names[i] = name;
		}
	}
}
