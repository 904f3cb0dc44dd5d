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

static bool has_name(const struct string_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i], name) == 0)
			return true;
	return false;
}

/* One of the site's own that is for the same installer. */
static bool has_own(const struct target *targets, size_t n, const struct target *target)
{
	for (size_t i = 0; target->when != NULL && i < n; i++)
		if (&targets[i] != target &&
			text_compare(targets[i].when, target->when) == 0 &&
			!has_name(&target->needs, targets[i].name))
			return true;
	return false;
}

static struct loc named_at(const struct settings *settings, const char *name)
{
	const struct target_settings *target = settings_target(settings, name);

	return target == NULL ? LOC_NONE : target->where;
}

int targets_check_partners(const struct target *targets, size_t n_targets,
	const struct settings *settings, struct diags *diags)
{
	int result = 0;

	for (size_t i = 0; i < n_targets; i++)
		for (size_t j = 0; j < targets[i].needs.n; j++) {
			const char *name = targets[i].needs.items[j];

			if (targets_find(targets, n_targets, name) == NULL &&
				!is_off(settings, name) &&
				!has_own(targets, n_targets, &targets[i]))
				result = diag_fail(diags, EXIT_USAGE,
					named_at(settings, targets[i].name),
					"target '%s' is of no use without '%s': name that, too, or "
					"write '%s: off' where its files come from elsewhere",
					targets[i].name, name, name);
		}
	return result;
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
