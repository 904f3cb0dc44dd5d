/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/common/architecture.h"

#include <string.h>
#include <sys/utsname.h>

static const struct {
	const char *name, *machine;
} architectures[] = {
	[ARCHITECTURE_X86_64] = {"x86_64", "q35"},
	[ARCHITECTURE_AARCH64] = {"aarch64", "virt"},
};

bool architecture_parse(const char *name, enum architecture *ret)
{
	for (size_t i = 1; i < ARRAY_SIZE(architectures); i++)
		if (strcmp(architectures[i].name, name) == 0) {
			*ret = (enum architecture)i;
			return true;
		}
	return false;
}

enum architecture architecture_resolve(enum architecture architecture)
{
	struct utsname host;

	if (architecture == ARCHITECTURE_HOST &&
		(uname(&host) < 0 || !architecture_parse(host.machine, &architecture)))
		return ARCHITECTURE_X86_64;
	return architecture;
}

const char *architecture_name(enum architecture architecture)
{
	return architectures[architecture_resolve(architecture)].name;
}

const char *architecture_machine(enum architecture architecture)
{
	return architectures[architecture_resolve(architecture)].machine;
}

bool architecture_is_own(enum architecture architecture)
{
	return architecture_resolve(architecture) ==
	       architecture_resolve(ARCHITECTURE_HOST);
}
