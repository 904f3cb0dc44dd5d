/* SPDX-License-Identifier: Apache-2.0 */
#include "compile/release.h"

#include <string.h>

#include "base/text.h"

#define YES true
#define NO false

static const struct release enterprise[] = {
	/*        repo filt cost prox noss inst meta end  mac  ipv6 lock inst. */
	{"RHEL3", NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO},
	{"RHEL4", NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO},
	{"RHEL5", YES, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO},
	{"RHEL6", YES, YES, YES, YES, YES, NO, NO, YES, YES, YES, YES, NO},
	{"RHEL7", YES, YES, YES, YES, YES, YES, NO, YES, YES, YES, YES, YES},
	{"RHEL8", YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES},
	{"RHEL9", YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES},
	{"RHEL10", YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES},
};

/* Fedora, by the release that brought each option; a row holds until the next. */
static const struct {
	unsigned from;
	struct release release;
} fedora[] = {
	{7, {"F7", YES, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO}},
	{8, {"F8", YES, YES, YES, NO, NO, NO, NO, NO, NO, NO, YES, NO}},
	{9, {"F9", YES, YES, YES, NO, NO, NO, NO, YES, YES, YES, YES, NO}},
	{13, {"F13", YES, YES, YES, YES, NO, NO, NO, YES, YES, YES, YES, NO}},
	{14, {"F14", YES, YES, YES, YES, YES, NO, NO, YES, YES, YES, YES, NO}},
	{17, {"F17", YES, YES, YES, YES, YES, NO, NO, YES, YES, YES, YES, YES}},
	{21, {"F21", YES, YES, YES, YES, YES, YES, NO, YES, YES, YES, YES, YES}},
	{27, {"F27", YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES}},
};

enum { FEDORA_MAX = 99 };

const struct release *release_find(const char *name)
{
	uint64_t number;
	const struct release *found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(enterprise); i++)
		if (strcmp(enterprise[i].name, name) == 0)
			return &enterprise[i];
	if (name[0] != 'F' || name[1] == '0' || !text_parse_u64(name + 1, FEDORA_MAX, &number))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(fedora); i++)
		if (number >= fedora[i].from)
			found = &fedora[i].release;
	return found;
}

bool release_reserves(const struct release *release, const char *repository)
{
	static const char *const names[] = {"anaconda", "fedora", "rhel", "centos",
		"fedora-modular-server", "rawhide", "BaseOS", "baseos", "eln-baseos"};

	if (!release->knows_repo)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], repository) == 0)
			return true;
	return false;
}
