/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/neighbour.h"

#include <ifaddrs.h>
#include <netinet/in.h>
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

static bool is_address(const struct sockaddr *socket_address, const struct ip *address)
{
	const void *bytes;
	size_t len;

	if (socket_address == NULL)
		return false;
	if (socket_address->sa_family == AF_INET && address->family == 4) {
		bytes = &((const struct sockaddr_in *)(const void *)socket_address)
				 ->sin_addr;
		len = sizeof(struct in_addr);
	} else if (socket_address->sa_family == AF_INET6 && address->family == 6) {
		bytes = &((const struct sockaddr_in6 *)(const void *)socket_address)
				 ->sin6_addr;
		len = sizeof(struct in6_addr);
	} else {
		return false;
	}
	return memcmp(bytes, address->bytes, len) == 0;
}

bool neighbour_is_host(const char *name, const struct ip *address)
{
	struct ifaddrs *all = NULL;
	bool is_host = false;

	if (getifaddrs(&all) < 0)
		return false;
	for (const struct ifaddrs *at = all; !is_host && at != NULL; at = at->ifa_next)
		is_host = strcmp(at->ifa_name, name) == 0 &&
			  is_address(at->ifa_addr, address);
	freeifaddrs(all);
	return is_host;
}
