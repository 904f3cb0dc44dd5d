/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/neighbour.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

#include "base/text.h"

static bool is_in(const char *key, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], key) == 0)
			return true;
	return false;
}

static bool runs_with(const struct run_state *state, const char *key)
{
	return state->pid != 0 && (is_in(key, state->on_wire, state->n_on_wire) ||
					  is_in(key, state->on_disk, state->n_on_disk));
}

/* The name of the other VCN that runs with @key; NULL: none does. */
static const char *find_neighbour(TALLOC_CTX *mem_ctx,
	const struct launch_settings *settings, const struct guest *guest,
	const char *key)
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

int neighbour_refuse(const struct launch_settings *settings, const struct guest *guest,
	const char *key, struct diags *diags)
{
	TMP_CTX(tmp);
	const char *name = find_neighbour(tmp, settings, guest, key);

	return name == NULL
		       ? 0
		       : diag_fail(diags, EXIT_BUSY, guest->where,
				 "VCN '%s': '%s' of this host still has its %s: restart "
				 "that, too",
				 guest->name, name, key);
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
