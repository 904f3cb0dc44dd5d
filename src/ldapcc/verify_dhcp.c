/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/table.h"
#include "base/text.h"
#include "ldapcc/verify.h"
#include "publish/child.h"

enum { ANSWER_MAX = 512 * 1024 * 1024, CHUNK = 64 * 1024, FILE_MAX = 64 * 1024 };

/* Kea: a question over its control socket */

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

/* When the file of @target was written last, or 0. */
static int64_t written_at(const struct verify *v, const char *target)
{
	TMP_CTX(tmp);
	int64_t newest = 0;

	for (size_t i = 0; i < v->current->n_files; i++) {
		const struct generation_file *file = &v->current->files[i];
		struct stat st;

		if (strcmp(v->current->targets[file->target].name, target) != 0 ||
			stat(state_path(tmp, v->state, file->path), &st) < 0)
			continue;
		int64_t written =
			(int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;

		newest = written > newest ? written : newest;
	}
	return newest;
}

static int64_t now_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const char *time_text(TALLOC_CTX *mem_ctx, int64_t ms)
{
	return text_format_time(mem_ctx, ms / 1000);
}

/* Kea counts whole seconds since its last reload: a second more is no difference. */
static void compare_reload(struct verify *v, const char *path, const char *target)
{
	TMP_CTX(tmp);
	struct json_object *answer;
	struct json_object *status = ask_kea(v, path, "status-get", &answer);
	int64_t seconds = -1;

	if (status != NULL &&
		json_read_integer(status, "reload", 0, INT64_MAX, &seconds) &&
		seconds >= 0) {
		int64_t loaded = now_ms(CLOCK_REALTIME) - (seconds - 1) * 1000;

		v->n_looked_at++;
		if (loaded < written_at(v, target))
			verify_report(v, path,
				"Kea read its configuration at %s, and '%s' was written at %s",
				time_text(tmp, loaded), target,
				time_text(tmp, written_at(v, target)));
	}
	json_object_put(answer);
}

/* Kea: its configuration as it is loaded */

struct loaded {
	struct table *subnets; /* prefix -> the subnet's object */
	const char *reservations_key;
};

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

/* MAC -> address, of the reservations that a loaded subnet has. */
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
		const char *mac = NULL, *ip = NULL;

		if (!json_read_text(one, "hw-address", &mac) || mac == NULL ||
			!json_read_text(one, "ip-address", &ip))
			continue;
		*table_slot(loaded, mac) =
			(void *)(uintptr_t)(ip == NULL ? "no address" : ip);
		(*ret_n)++;
	}
	return loaded;
}

static void compare_subnet(struct verify *v, const char *path,
	const struct network *network, struct json_object *subnet)
{
	TMP_CTX(tmp);
	size_t n_loaded, n_found = 0;
	struct table *loaded = loaded_reservations(tmp, subnet, &n_loaded);
	char mac[MAC_TEXT_MAX], ip[IP_TEXT_MAX];

	for (uint32_t i = 0; i < network->n_reservations; i++) {
		const struct reservation *r = &network->reservations[i];

		/* by MAC address; InfiniBand's client identifiers are not compared */
		if (r->is_extra || r->is_guid || r->duid != NULL)
			continue;
		const char *wanted =
			r->address == NULL ? "no address" : ip_format(r->address->ip, ip);
		const char *has = table_find(loaded, mac_format(r->hardware->mac, mac));

		v->n_looked_at++;
		n_found += has != NULL;
		if (has == NULL)
			verify_report(v, path, "%s: no reservation for %s, which is %s",
				r->interface->fqdn, mac, wanted);
		else if (strcmp(has, wanted) != 0)
			verify_report(v, path,
				"%s: the reservation for %s has %s, not %s",
				r->interface->fqdn, mac, has, wanted);
	}
	if (n_loaded > n_found)
		verify_report(v, path, "network '%s': %zu %s in the directory no more",
			network->record.name, n_loaded - n_found,
			text_plural(n_loaded - n_found, "reservation that is",
				"reservations that are"));
}

static void compare_config(struct verify *v, const char *path)
{
	TMP_CTX(tmp);
	struct json_object *answer, *config = NULL;
	struct json_object *arguments = ask_kea(v, path, "config-get", &answer);
	const struct site *site = v->run->site;

	if (arguments == NULL || !json_read_object(arguments, "Dhcp4", &config)) {
		json_object_put(answer);
		return;
	}
	struct table *subnets = loaded_subnets(tmp, config, "subnet4");

	for (size_t i = 0; i < site->n_networks; i++) {
		const struct network *network = site->networks[i];
		char text[IP_TEXT_MAX];

		if (network->prefix.base.family != 4)
			continue;
		const char *prefix = mem_printf(tmp, "%s/%u",
			ip_format(network->prefix.base, text), network->prefix.length);
		struct json_object *subnet = table_find(subnets, prefix);

		v->n_looked_at++;
		if (subnet == NULL)
			verify_report(v, path, "network '%s': subnet %s is not loaded",
				network->record.name, prefix);
		else
			compare_subnet(v, path, network, subnet);
	}
	json_object_put(answer);
}

static void verify_kea(struct verify *v, const char *target, const char *path)
{
	if (!verify_has_target(v, target))
		return;
	if (access(path, F_OK) < 0) {
		verify_note(v, "no Kea was asked for '%s': there is no socket %s", target,
			path);
		return;
	}
	compare_reload(v, path, target);
	if (strcmp(target, "kea-dhcp4") == 0)
		compare_config(v, path);
}

/* dhcpd and dnsmasq: who was not started since reads an old file */

struct process {
	const char *target, *program;
	const char *units[3]; /* as systemd has them */
	const char *pid_file;
};

static int64_t read_pid(TALLOC_CTX *mem_ctx, const char *path)
{
	uint64_t pid;
	char *text;
	size_t len;

	if (file_read(mem_ctx, path, EXIT_IO, FILE_MAX, diags_new(mem_ctx), &text, &len) <
		0)
		return -1;
	text[strcspn(text, " \t\r\n")] = '\0';
	return text_parse_u64(text, INT32_MAX, &pid) ? (int64_t)pid : -1;
}

/* The main process of the first unit that systemd knows; -1: none is known. */
static int64_t unit_pid(TALLOC_CTX *mem_ctx, const struct process *process)
{
	for (size_t i = 0; i < ARRAY_SIZE(process->units); i++) {
		const char *words[] = {"systemctl", "show",
			"--property=LoadState,MainPID", "--value", "--",
			process->units[i], NULL};
		struct child_result result;
		uint64_t pid;
		size_t n;

		if (process->units[i] == NULL)
			break;
		child_run(mem_ctx, words, CHILD_TIMEOUT_MS, true, &result);
		char **lines = text_split(mem_ctx, result.output, '\n', &n);
		bool is_known = false;

		for (size_t j = 0; j < n; j++)
			is_known |= strcmp(lines[j], "loaded") == 0;
		for (size_t j = 0; result.status == 0 && is_known && j < n; j++)
			if (text_parse_u64(lines[j], INT32_MAX, &pid))
				return (int64_t)pid;
	}
	return -1;
}

/* proc(5): the 22nd word, in ticks since the machine started; behind the name in brackets. */
static bool started_at(int64_t pid, int64_t *ret_ms)
{
	TMP_CTX(tmp);
	const char *path = mem_printf(tmp, "/proc/%lld/stat", (long long)pid);
	uint64_t ticks;
	char *text;
	size_t len, n;

	if (file_read(tmp, path, EXIT_IO, FILE_MAX, diags_new(tmp), &text, &len) < 0)
		return false;
	const char *behind = strrchr(text, ')');
	char **words = text_split_blank(tmp, behind == NULL ? "" : behind + 1, &n);

	if (n < 20 || !text_parse_u64(words[19], UINT64_MAX / 1000, &ticks))
		return false;
	*ret_ms = now_ms(CLOCK_REALTIME) - now_ms(CLOCK_BOOTTIME) +
		  (int64_t)(ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK));
	return true;
}

/* Two clocks are compared, one of which counts in hundredths. */
enum { CLOCK_SLACK_MS = 50 };

static void verify_process(struct verify *v, const struct process *process)
{
	TMP_CTX(tmp);
	int64_t pid = -1, started = 0, written = written_at(v, process->target);

	if (!verify_has_target(v, process->target))
		return;
	if (access("/run/systemd/system", F_OK) == 0)
		pid = unit_pid(tmp, process);
	if (pid < 0)
		pid = read_pid(tmp, state_path(tmp, v->state, process->pid_file));
	if (pid < 0) {
		verify_note(v,
			"no %s was looked at for '%s': there is no unit, and no %s",
			process->program, process->target, process->pid_file);
		return;
	}
	v->n_looked_at++;
	if (pid == 0 || !started_at(pid, &started))
		verify_report(v, process->target, "%s does not run", process->program);
	else if (started + CLOCK_SLACK_MS < written)
		verify_report(v, process->target,
			"%s (process %lld) runs since %s, and its file was written at %s",
			process->program, (long long)pid, time_text(tmp, started),
			time_text(tmp, written));
}

void verify_dhcp(struct verify *v)
{
	const struct verify_settings *settings = &v->run->settings->verify;
	const struct process processes[] = {
		{"dhcpd", "dhcpd", {"isc-dhcp-server", "dhcpd"}, settings->dhcpd_pid},
		{"dhcpd6", "dhcpd", {"isc-dhcp-server6", "isc-dhcp-server", "dhcpd6"},
			settings->dhcpd6_pid},
		{"dnsmasq", "dnsmasq", {"dnsmasq"}, settings->dnsmasq_pid},
		{"dnsmasq-dhcp", "dnsmasq", {"dnsmasq"}, settings->dnsmasq_pid},
	};

	for (size_t i = 0; i < ARRAY_SIZE(processes); i++)
		verify_process(v, &processes[i]);
	verify_kea(v, "kea-dhcp4", settings->kea4_socket);
	verify_kea(v, "kea-dhcp6", settings->kea6_socket);
}
