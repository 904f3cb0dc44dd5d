/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check.h"

#include <string.h>

static const struct {
	const char *name, *meaning;
	enum severity severity;
} catalogue[_CHECK_MAX] = {
#define CHECK(id, text, level, about) \
	[CHECK_##id] = {.name = text, .meaning = about, .severity = SEVERITY_##level},
#include "config/checks.def"
#undef CHECK
};

const char *check_name(enum check check)
{
	return catalogue[check].name;
}

const char *check_meaning(enum check check)
{
	return catalogue[check].meaning;
}

enum severity check_default(enum check check)
{
	return catalogue[check].severity;
}

bool check_is_conflict(enum check check)
{
	static const bool conflicts[_CHECK_MAX] = {
		[CHECK_DUP_NAME] = true,
		[CHECK_DUP_IP] = true,
		[CHECK_DUP_MAC] = true,
		[CHECK_DUP_DUID] = true,
		[CHECK_ALIAS_CONFLICT] = true,
		[CHECK_OVERLAPPING_NETWORKS] = true,
		[CHECK_OVER_CAPACITY] = true,
		[CHECK_NOT_SPREAD] = true,
		[CHECK_IMAGE_SHARED] = true,
		[CHECK_DISK_SHARED] = true,
	};

	return conflicts[check];
}

bool check_by_name(const char *name, enum check *ret)
{
	for (enum check check = 0; check < _CHECK_MAX; check++) {
		if (strcmp(catalogue[check].name, name) == 0) {
			*ret = check;
			return true;
		}
	}
	return false;
}
