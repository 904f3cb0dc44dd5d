/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/table.h"
#include "base/text.h"
#include "ldapcc/verify.h"

enum { ANSWER_MAX = 512 * 1024 * 1024, CHUNK = 64 * 1024 };

/* A question over its control socket */

static int connect_socket(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(to.sun_path)) {
		close(fd);
		return -ENAMETOOLONG;
	}
	memcpy(to.sun_path, path, strlen(path));
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	int error = errno;

	close(fd);
	return -error;
}

/* Until Kea closes, which it does behind each answer. */
static int read_answer(int fd, int64_t deadline, struct buffer *answer)
{
	for (;;) {
		struct pollfd poller = {.fd = fd, .events = POLLIN};
		int64_t left = deadline - clock_ms();

		if (left <= 0 || poll(&poller, 1, (int)left) <= 0)
			return -ETIMEDOUT;
		ssize_t n = read(fd, buffer_reserve(answer, CHUNK), CHUNK);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return 0;
		if (n > 0)
			buffer_grown(answer, (size_t)n);
		if (answer->len > ANSWER_MAX)
			return -EMSGSIZE;
	}
}

/* What Kea says to @command: its `arguments`; the caller puts *ret_answer. */
static struct json_object *ask_kea(struct verify *v, const char *path,
	const char *command, struct json_object **ret_answer)
{
	TMP_CTX(tmp);
	const char *query = mem_printf(tmp, "{\"command\": \"%s\"}", command);
	struct buffer *answer = buffer_new(tmp);
	int64_t deadline =
		clock_ms() + (int64_t)v->run->settings->verify.timeout_s * 5000;
	_cleanup_(mem_close_fd) int fd = connect_socket(path);
	struct json_object *arguments = NULL;
	int64_t result = -1;
	int r = fd;

	*ret_answer = NULL;
	if (r >= 0)
		r = send(fd, query, strlen(query), MSG_NOSIGNAL) < 0 ? -errno : 0;
	if (r == 0)
		r = read_answer(fd, deadline, answer);
	if (r < 0) {
		verify_report(v, path, "%s: %s", command, strerror(-r));
		return NULL;
	}
	*ret_answer = json_read(answer->data, answer->len);
	if (!json_read_integer(*ret_answer, "result", 0, 100, &result) || result != 0 ||
		!json_read_object(*ret_answer, "arguments", &arguments))
		verify_report(
			v, path, "%s: Kea gives no answer that can be read", command);
	return arguments;
}

/* Kea counts whole seconds since its last reload: a second more is no difference. */
static void compare_reload(struct verify *v, const char *path, const char *target)
{
	TMP_CTX(tmp);
	struct json_object *answer;
	struct json_object *status = ask_kea(v, path, "status-get", &answer);
	int64_t seconds = -1, written = verify_written_at(v, target, true);

	if (status != NULL &&
		json_read_integer(status, "reload", 0, INT64_MAX, &seconds) &&
		seconds >= 0) {
		int64_t loaded = verify_now_ms(CLOCK_REALTIME) - (seconds - 1) * 1000;

		v->n_looked_at++;
		if (loaded < written)
			verify_report(v, path,
				"Kea read its configuration at %s, and '%s' was written at %s",
				verify_time_text(tmp, loaded), target,
				verify_time_text(tmp, written));
	}
	json_object_put(answer);
}

/* Its configuration as it is loaded */

static void add_subnets(
	struct table *subnets, struct json_object *holder, const char *key)
{
	struct json_object *list;

	if (!json_object_object_get_ex(holder, key, &list) ||
		!json_object_is_type(list, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *subnet = json_object_array_get_idx(list, i);
		const char *prefix = NULL;

		if (json_read_text(subnet, "subnet", &prefix) && prefix != NULL)
			*table_slot(subnets, prefix) = subnet;
	}
}

static struct table *loaded_subnets(
	TALLOC_CTX *mem_ctx, struct json_object *config, const char *key)
{
	struct table *subnets = table_new(mem_ctx, 64);
	struct json_object *shared;

	add_subnets(subnets, config, key);
	if (json_object_object_get_ex(config, "shared-networks", &shared) &&
		json_object_is_type(shared, json_type_array))
		for (size_t i = 0; i < json_object_array_length(shared); i++)
			add_subnets(subnets, json_object_array_get_idx(shared, i), key);
	return subnets;
}

/* Reservations: by identity, which is of one kind; in hexadecimal digits alone */

static const char *identity(TALLOC_CTX *mem_ctx, const char *kind, const char *octets)
{
	char *key = mem_printf(mem_ctx, "%s %s", kind, octets);
	char *to = key + strlen(kind) + 1;

	for (const char *from = to; *from != '\0'; from++)
		if (*from != ':')
			*to++ = (char)tolower((unsigned char)*from);
	*to = '\0';
	return key;
}

/* Its kind; *ret_octets: as the directory has them, below @mem_ctx. */
static const char *identity_of(
	TALLOC_CTX *mem_ctx, const struct reservation *r, const char **ret_octets)
{
	char text[GUID_CLIENT_ID_MAX];

	*ret_octets = r->duid;
	if (r->duid != NULL)
		return "duid";
	if (r->is_guid)
		guid_format_client_id(r->hardware->guid, text);
	else
		mac_format(r->hardware->mac, text);
	*ret_octets = mem_strdup(mem_ctx, text);
	return r->is_guid ? "client-id" : "hw-address";
}

static const char *loaded_identity(TALLOC_CTX *mem_ctx, struct json_object *reservation)
{
	static const char *const kinds[] = {"hw-address", "duid", "client-id"};
	const char *octets = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (json_read_text(reservation, kinds[i], &octets) && octets != NULL)
			return identity(mem_ctx, kinds[i], octets);
	return NULL;
}

/* The address of a loaded reservation; of IPv6 it has a list. */
static const char *loaded_address(TALLOC_CTX *mem_ctx, struct json_object *reservation)
{
	struct buffer *text = buffer_new(mem_ctx);
	struct json_object *list;
	const char *ip = NULL;

	if (json_read_text(reservation, "ip-address", &ip) && ip != NULL)
		return ip;
	if (json_object_object_get_ex(reservation, "ip-addresses", &list) &&
		json_object_is_type(list, json_type_array))
		for (size_t i = 0; i < json_object_array_length(list); i++)
			buffer_printf(text, "%s%s", i == 0 ? "" : ", ",
				json_object_get_string(
					json_object_array_get_idx(list, i)));
	return text->len == 0 ? "no address" : text->data;
}

/* Identity -> its object, of the reservations that a loaded subnet has. */
static struct table *loaded_reservations(
	TALLOC_CTX *mem_ctx, struct json_object *subnet, size_t *ret_n)
{
	struct table *loaded = table_new(mem_ctx, 64);
	struct json_object *list;

	*ret_n = 0;
	if (!json_object_object_get_ex(subnet, "reservations", &list) ||
		!json_object_is_type(list, json_type_array))
		return loaded;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		const char *key = loaded_identity(mem_ctx, one);

		if (key == NULL)
			continue;
		*table_slot(loaded, key) = one;
		(*ret_n)++;
	}
	return loaded;
}

/* A comparison of one subnet */
struct comparison {
	struct verify *v;
	const char *path; /* the socket, by which differences are named */
	struct table *loaded;
	size_t n_found;
};

static void compare_reservation(struct comparison *c, const struct reservation *r)
{
	TMP_CTX(tmp);
	char text[IP_TEXT_MAX];
	const char *fqdn = r->interface->fqdn, *name = NULL, *id;
	const char *kind = identity_of(tmp, r, &id);
	const char *wanted = r->address == NULL || r->is_further
				     ? "no address"
				     : ip_format(r->address->ip, text);
	struct json_object *has = table_find(c->loaded, identity(tmp, kind, id));

	c->v->n_looked_at++;
	c->n_found += has != NULL;
	if (has == NULL) {
		verify_report(c->v, c->path, "%s: no reservation for %s, which is %s",
			fqdn, id, wanted);
		return;
	}
	const char *address = loaded_address(tmp, has);

	if (strcmp(address, wanted) != 0)
		verify_report(c->v, c->path, "%s: the reservation for %s has %s, not %s",
			fqdn, id, address, wanted);
	const char *host = mem_strndup(tmp, fqdn, strcspn(fqdn, "."));

	if (!json_read_text(has, "hostname", &name) || name == NULL ||
		!text_equal_case(name, host))
		verify_report(c->v, c->path,
			"%s: the reservation for %s has the name '%s', not '%s'", fqdn,
			id, name == NULL ? "" : name, host);
}

static void compare_subnet(struct verify *v, const char *path,
	const struct network *network, struct json_object *subnet)
{
	TMP_CTX(tmp);
	const struct site *site = v->run->site;
	struct comparison c = {.v = v, .path = path};
	size_t n_loaded;

	c.loaded = loaded_reservations(tmp, subnet, &n_loaded);
	for (uint32_t i = 0; i < network->n_reservations; i++)
		/* Kea has one address a client in a subnet, the lowest */
		if (!network->reservations[i].is_extra)
			compare_reservation(&c, &network->reservations[i]);
	/* who has no address gets one from any range */
	if (network->prefix.base.family == 4 && network->n_pools > 0)
		for (uint32_t i = 0; i < site->n_roaming; i++)
			compare_reservation(&c, &site->roaming[i]);
	if (n_loaded > c.n_found)
		verify_report(v, path, "network '%s': %zu %s in the directory no more",
			network->record.name, n_loaded - c.n_found,
			text_plural(n_loaded - c.n_found, "reservation that is",
				"reservations that are"));
}

/* Subnets */

static const char *prefix_text(TALLOC_CTX *mem_ctx, struct prefix prefix)
{
	char text[IP_TEXT_MAX];

	return mem_printf(mem_ctx, "%s/%u", ip_format(prefix.base, text), prefix.length);
}

static bool has_prefix(const struct site *site, struct prefix prefix)
{
	for (size_t i = 0; i < site->n_networks; i++)
		if (site->networks[i]->prefix.length == prefix.length &&
			ip_compare(site->networks[i]->prefix.base, prefix.base) == 0)
			return true;
	return false;
}

static void compare_networks(
	struct verify *v, const char *path, unsigned family, struct table *subnets)
{
	TMP_CTX(tmp);
	const struct site *site = v->run->site, *before = v->before;

	for (size_t i = 0; i < site->n_networks; i++) {
		const struct network *network = site->networks[i];
		const char *prefix = prefix_text(tmp, network->prefix);
		struct json_object *subnet = table_find(subnets, prefix);

		if (network->prefix.base.family != family)
			continue;
		v->n_looked_at++;
		if (subnet == NULL)
			verify_report(v, path, "network '%s': subnet %s is not loaded",
				network->record.name, prefix);
		else
			compare_subnet(v, path, network, subnet);
	}
	for (size_t i = 0; before != NULL && i < before->n_networks; i++) {
		const struct network *network = before->networks[i];
		const char *prefix = prefix_text(tmp, network->prefix);

		if (network->prefix.base.family == family &&
			!has_prefix(site, network->prefix) &&
			table_find(subnets, prefix) != NULL)
			verify_report(v, path,
				"network '%s': subnet %s is loaded, and in the directory no more",
				network->record.name, prefix);
	}
}

static void compare_config(struct verify *v, const char *path, unsigned family)
{
	TMP_CTX(tmp);
	struct json_object *answer, *config = NULL;
	struct json_object *arguments = ask_kea(v, path, "config-get", &answer);
	const char *key = family == 4 ? "subnet4" : "subnet6";

	if (arguments != NULL &&
		json_read_object(arguments, family == 4 ? "Dhcp4" : "Dhcp6", &config))
		compare_networks(v, path, family, loaded_subnets(tmp, config, key));
	json_object_put(answer);
}

/* Is the whole a target, or its part with the subnets that none shares? */
static bool is_target(const struct verify *v, const char *target, unsigned family)
{
	TMP_CTX(tmp);

	return verify_has_target(v, target) ||
	       verify_has_target(v, mem_printf(tmp, "%s-subnet%u", target, family));
}

void verify_kea(struct verify *v, unsigned family, const char *path)
{
	const char *target = family == 4 ? "kea-dhcp4" : "kea-dhcp6";

	if (!is_target(v, target, family))
		return;
	if (access(path, F_OK) < 0) {
		verify_note(v, "no Kea was asked for '%s': there is no socket %s", target,
			path);
		return;
	}
	compare_reload(v, path, target);
	compare_config(v, path, family);
}
