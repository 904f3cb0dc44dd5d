/* SPDX-License-Identifier: Apache-2.0 */
#include "config/settings.h"

#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define DEFAULT_PATH LDAPCC_SYSCONFDIR "/ldapcc.yaml"

enum { PER_MILLE = 1000, TIMEOUT_MAX_S = 86400, PAGE_MAX = 100000, KEEP_MAX = 10000 };

static const char *const default_targets[] = {
	"dnsmasq", "dnsmasq-hosts", "dhcpd", "kickstart", "kickstart-repos", "manifest"};

/* Numbers and shares */

int read_timeout(struct reader *r, const struct node *value, void *field)
{
	return read_between(r, value, 1, TIMEOUT_MAX_S, field);
}

static int read_page_size(struct reader *r, const struct node *value, void *field)
{
	return read_between(r, value, 1, PAGE_MAX, field);
}

static int read_interval(struct reader *r, const struct node *value, void *field)
{
	return read_between(r, value, 0, 30 * TIMEOUT_MAX_S, field);
}

static int read_keep(struct reader *r, const struct node *value, void *field)
{
	return read_between(r, value, 1, KEEP_MAX, field);
}

/* Of `2.5%` the digit behind the dot: one, as 2.05% would be read as that, too. */
static bool read_tenth(const char *text, uint64_t *ret)
{
	return strlen(text) == 1 && text_parse_u64(text, 9, ret);
}

/* `10%`, `2.5%` or a count */
static int read_limit(struct reader *r, const struct node *value, void *field)
{
	TMP_CTX(tmp);
	struct limit *limit = field;
	uint64_t whole = 0, tenth = 0;

	if (value->kind == NODE_SCALAR && text_has_suffix(value->text, "%")) {
		char *text = mem_strndup(tmp, value->text, value->length - 1);
		char *dot = strchr(text, '.');

		if (dot != NULL)
			*dot = '\0';
		if (text_parse_u64(text, 100, &whole) &&
			(dot == NULL || read_tenth(dot + 1, &tenth)) &&
			whole * 10 + tenth <= PER_MILLE) {
			*limit = (struct limit){true, (unsigned)(whole * 10 + tenth)};
			return 0;
		}
	} else if (value->kind == NODE_SCALAR &&
		   text_parse_u64(value->text, INT32_MAX, &whole)) {
		*limit = (struct limit){false, (unsigned)whole};
		return 0;
	}
	return document_fault(
		r, value, "expected a share such as 10%% or 2.5%%, or a number");
}

/* directory: */

struct bind_key {
	const char *dn, *password_file;
};

static int read_bind(struct reader *r, const struct node *value, void *field)
{
	static const struct key keys[] = {
		{"dn", read_string, offsetof(struct bind_key, dn), true},
		{"password-file", read_string, offsetof(struct bind_key, password_file),
			true},
		{0},
	};
	static const char *const words[] = {
		[BIND_ANONYMOUS] = "anonymous",
		[BIND_EXTERNAL] = "external",
		[BIND_GSSAPI] = "gssapi",
	};
	struct directory_settings *directory = field;

	if (value->kind == NODE_MAP) {
		struct bind_key bind = {0};
		int failed = document_read(r, value, keys, &bind);

		directory->bind = BIND_SIMPLE;
		directory->bind_dn = bind.dn;
		directory->password_file = bind.password_file;
		return failed;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (value->kind == NODE_SCALAR && strcmp(value->text, words[i]) == 0) {
			directory->bind = (enum bind_method)i;
			return 0;
		}
	}
	return document_fault(r, value,
		"expected anonymous, external, gssapi or {dn: …, password-file: …}");
}

static int read_tls(struct reader *r, const struct node *value, void *field)
{
	static const struct key keys[] = {
		{"ca-file", read_string, offsetof(struct directory_settings, ca_file),
			false},
		{"cert-file", read_string, offsetof(struct directory_settings, cert_file),
			false},
		{"key-file", read_string, offsetof(struct directory_settings, key_file),
			false},
		{"starttls", read_bool, offsetof(struct directory_settings, starttls),
			false},
		{0},
	};

	return document_read(r, value, keys, field);
}

/* `(cn=localhost)` is a filter, anything else a DN. */
static int read_exclusion(
	struct reader *r, const struct node *value, struct exclusion *exclusion)
{
	exclusion->where = document_at(r, value);
	if (value->kind == NODE_SCALAR && value->text[0] == '(')
		return read_filter(r, value, &exclusion->filter);
	return read_string(r, value, &exclusion->dn);
}

static int read_exclusions(struct reader *r, const struct node *value, void *field)
{
	struct directory_settings *directory = field;
	size_t n = value->kind == NODE_LIST ? value->n_items : 1;
	int result = 0;

	for (size_t i = 0; i < n; i++) {
		int failed = read_exclusion(r,
			value->kind == NODE_LIST ? value->items[i] : value,
			mem_push(r->mem_ctx, &directory->excluded,
				&directory->n_excluded));

		if (failed < 0)
			result = failed;
	}
	return result;
}

static int read_uris(struct reader *r, const struct node *value, void *field)
{
	const struct string_list *uris = field;
	int failed = read_strings(r, value, field);

	if (failed == 0 && uris->n == 0)
		return document_fault(r, value, "expected a server's URI");
	return failed;
}

static int read_schema(struct reader *r, const struct node *value, void *field)
{
	struct directory_settings *directory = field;

	directory->schema_at = document_at(r, value);
	return read_string(r, value, &directory->schema);
}

static int read_directory(struct reader *r, const struct node *value, void *field)
{
#define AT(member) offsetof(struct directory_settings, member)
	static const struct key keys[] = {
		{"uri", read_uris, AT(uris), false},
		{"base", read_strings, AT(bases), false},
		{"bind", read_bind, 0, false},
		{"expect-identity", read_string, AT(expect_identity), false},
		{"tls", read_tls, 0, false},
		{"page-size", read_page_size, AT(page_size), false},
		{"timeout", read_timeout, AT(timeout_s), false},
		{"full-interval", read_interval, AT(full_interval_s), false},
		{"schema", read_schema, 0, false},
		{"also", read_strings, AT(also), false},
		{"exclude", read_exclusions, 0, false},
		{"canaries", read_strings, AT(canaries), false},
		{0},
	};
#undef AT
	struct directory_settings *directory = field;

	directory->where = document_at(r, value);
	return document_read(r, value, keys, field);
}

/* Commands and actions */

/*
 * One word of a command line: quotes hold blanks together, nothing else is special. *ret_quote is
 * one that is not closed.
 */
static bool take_word(const char **text, struct buffer *word, char *ret_quote)
{
	const char *at = *text + strspn(*text, " \t");
	char quote = '\0';

	if (*at == '\0')
		return false;
	for (; *at != '\0' && (quote != '\0' || (*at != ' ' && *at != '\t')); at++) {
		if (*at == quote)
			quote = '\0';
		else if (quote == '\0' && (*at == '\'' || *at == '"'))
			quote = *at;
		else
			buffer_add_byte(word, *at);
	}
	*text = at;
	*ret_quote = quote;
	return true;
}

static int split_command(
	struct reader *r, const struct node *value, struct string_list *list)
{
	TMP_CTX(tmp);
	const char *text = NULL;
	struct buffer *word = buffer_new(tmp);
	char quote = '\0';
	int failed = read_string(r, value, &text);

	*list = (struct string_list){0};
	if (failed < 0)
		return failed;
	while (take_word(&text, word, &quote)) {
		*mem_push(r->mem_ctx, &list->items, &list->n) =
			mem_strndup(r->mem_ctx, word->data, word->len);
		buffer_truncate(word, 0);
	}
	if (quote != '\0')
		return document_fault(r, value, "the quote %c is not closed", quote);
	size_t n = list->n;

	*mem_push(r->mem_ctx, &list->items, &n) = NULL;
	return 0;
}

int read_command(struct reader *r, const struct node *value, void *field)
{
	struct string_list *list = field;

	if (value->kind == NODE_SCALAR && strcmp(value->text, "none") == 0) {
		*list = (struct string_list){0};
		return 0;
	}
	int failed = value->kind == NODE_SCALAR ? split_command(r, value, list)
						: read_strings(r, value, list);

	if (failed == 0 && (list->n == 0 || list->items[0][0] == '\0'))
		return document_fault(r, value, "expected a command, or none");
	return failed;
}

int read_action(struct reader *r, const struct node *value, void *field)
{
	struct action *action = field;

	if (value->kind != NODE_MAP) {
		int failed = read_command(r, value, &action->words);

		action->kind = action->words.n > 0 ? ACTION_COMMAND : ACTION_NONE;
		return failed;
	}
	if (value->n_items != 1)
		return document_fault(r, value, "expected one of restart and reload");
	if (strcmp(value->keys[0]->text, "restart") == 0)
		action->kind = ACTION_RESTART;
	else if (strcmp(value->keys[0]->text, "reload") == 0)
		action->kind = ACTION_RELOAD;
	else
		return document_fault(r, value->keys[0], "expected restart or reload");
	int failed = read_strings(r, value->items[0], &action->words);

	return failed < 0 || action->words.n > 0
		       ? failed
		       : document_fault(r, value->items[0], "expected a unit");
}

/* targets: */

static int read_target_path(struct reader *r, const struct node *value, void *field)
{
	struct target_settings *target = field;

	target->path_at = document_text_at(r, value, &target->path_line);
	return read_string(r, value, &target->path);
}

static int read_target_main(struct reader *r, const struct node *value, void *field)
{
	struct target_settings *target = field;

	target->main_at = document_at(r, value);
	return read_string(r, value, &target->main);
}

static int read_target_mode(struct reader *r, const struct node *value, void *field)
{
	struct target_settings *target = field;

	target->has_mode = true;
	return read_mode(r, value, &target->mode);
}

static int read_target_check(struct reader *r, const struct node *value, void *field)
{
	struct target_settings *target = field;

	target->has_check = true;
	target->check_at = document_at(r, value);
	return read_command(r, value, &target->check);
}

static int read_target_action(struct reader *r, const struct node *value, void *field)
{
	struct target_settings *target = field;

	target->has_on_change = true;
	return read_action(r, value, &target->on_change);
}

static int read_target(struct reader *r, const struct node *key, const struct node *value,
	struct target_settings *target)
{
	static const struct key keys[] = {
		{"path", read_target_path, 0, false},
		{"owner", read_string, offsetof(struct target_settings, owner), false},
		{"group", read_string, offsetof(struct target_settings, group), false},
		{"mode", read_target_mode, 0, false},
		{"main", read_target_main, 0, false},
		{"check", read_target_check, 0, false},
		{"check-timeout", read_timeout,
			offsetof(struct target_settings, check_timeout_s), false},
		{"on-change", read_target_action, 0, false},
		{0},
	};

	target->name = mem_strdup(r->mem_ctx, key->text);
	target->where = document_at(r, key);
	/* `pxelinux:` alone takes the template as it is */
	if (node_is_null(value) || (value->kind == NODE_SCALAR && value->length == 0))
		return 0;
	return document_read(r, value, keys, target);
}

struct target_settings *settings_target(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->n_targets; i++)
		if (strcmp(settings->targets[i].name, name) == 0)
			return &settings->targets[i];
	return NULL;
}

static const struct node nothing = {.kind = NODE_SCALAR, .text = "", .is_plain = true};

static bool is_off(const struct node *value)
{
	bool is_on = true;

	return value->kind == NODE_SCALAR && text_is_truth(value->text, &is_on) && !is_on;
}

/* One name: a further target, or what differs about one of the defaults. */
static int read_one_target(struct reader *r, const struct node *key,
	const struct node *members, struct settings *settings)
{
	if (key->kind != NODE_SCALAR || key->length == 0)
		return document_fault(r, key, "expected the name of a target");
	struct target_settings *target = settings_target(settings, key->text);

	if (target != NULL && target->where.line > 0)
		return document_fault(r, key, "'%s' is there twice", key->text);
	if (target == NULL)
		target = mem_push(r->mem_ctx, &settings->targets, &settings->n_targets);
	target->is_off = is_off(members);
	return read_target(r, key, target->is_off ? &nothing : members, target);
}

static void drop_off(TALLOC_CTX *mem_ctx, struct settings *settings)
{
	size_t kept = 0;

	for (size_t i = 0; i < settings->n_targets; i++)
		if (settings->targets[i].is_off)
			*mem_push(mem_ctx, &settings->targets_off,
				&settings->n_targets_off) = settings->targets[i];
		else
			settings->targets[kept++] = settings->targets[i];
	settings->n_targets = kept;
}

/* A map of name and overrides, or a list of names; the defaults are there already. */
static int read_targets(struct reader *r, const struct node *value, void *field)
{
	struct settings *settings = field;
	int result = 0;

	if (value->kind == NODE_SCALAR)
		return document_fault(r, value, "expected targets and their settings");
	for (size_t i = 0; i < value->n_items; i++) {
		bool is_map = value->kind == NODE_MAP;
		int failed = read_one_target(r, is_map ? value->keys[i] : value->items[i],
			is_map ? value->items[i] : &nothing, settings);

		if (failed < 0)
			result = failed;
	}
	drop_off(r->mem_ctx, settings);
	return result;
}

/* guard:, verify:, quarantine:, severity: */

static int read_guard_min(struct reader *r, const struct node *value, void *field)
{
	struct key keys[_KIND_MAX] = {0};

	size_t n = 0;

	/* these are parts of others, and nobody counts them */
	for (size_t kind = KIND_NONE + 1; kind < _KIND_MAX; kind++)
		if (kind != KIND_GROUP && kind != KIND_INTERFACE)
			keys[n++] = (struct key){.name = kind_name((enum kind)kind),
				.read = read_unsigned,
				.offset = sizeof(unsigned) * kind};
	return document_read(r, value, keys, field);
}

static int read_guard(struct reader *r, const struct node *value, void *field)
{
	static const struct key keys[] = {
		{"max-removed", read_limit, offsetof(struct guard_settings, max_removed),
			false},
		{"max-affected", read_limit,
			offsetof(struct guard_settings, max_affected), false},
		{"max-lost", read_limit, offsetof(struct guard_settings, max_lost),
			false},
		{"max-armed", read_limit, offsetof(struct guard_settings, max_armed),
			false},
		{"max-removed-24h", read_limit,
			offsetof(struct guard_settings, max_removed_24h), false},
		{"min", read_guard_min, offsetof(struct guard_settings, min), false},
		{0},
	};

	return document_read(r, value, keys, field);
}

/* Of a folder with or without its slash at the end. */
static int read_absolute(struct reader *r, const struct node *value, void *field)
{
	const char **path = field;
	int failed = read_string(r, value, field);

	if (failed < 0)
		return failed;
	if ((*path)[0] != '/')
		return document_fault(r, value, "expected an absolute path");
	size_t len = strlen(*path);

	while (len > 1 && (*path)[len - 1] == '/')
		len--;
	*path = mem_strndup(r->mem_ctx, *path, len);
	return 0;
}

static int read_sample(struct reader *r, const struct node *value, void *field)
{
	return read_between(r, value, 1, INT32_MAX, field);
}

static int read_dns(struct reader *r, const struct node *value, void *field)
{
	struct verify_settings *verify = field;

	verify->dns_at = document_at(r, value);
	return read_strings(r, value, &verify->dns);
}

static int read_verify(struct reader *r, const struct node *value, void *field)
{
#define AT(member) offsetof(struct verify_settings, member)
	static const struct key keys[] = {
		{"dns", read_dns, 0, false},
		{"sample", read_sample, AT(sample), false},
		{"timeout", read_timeout, AT(timeout_s), false},
		{"kea4-socket", read_absolute, AT(kea4_socket), false},
		{"kea6-socket", read_absolute, AT(kea6_socket), false},
		{"dhcpd-pid", read_absolute, AT(dhcpd_pid), false},
		{"dhcpd6-pid", read_absolute, AT(dhcpd6_pid), false},
		{"dnsmasq-pid", read_absolute, AT(dnsmasq_pid), false},
		{0},
	};
#undef AT

	return document_read(r, value, keys, field);
}

static int read_quarantine(struct reader *r, const struct node *value, void *field)
{
	static const struct key keys[] = {{"max", read_limit, 0, true}, {0}};

	return document_read(r, value, keys, field);
}

static int read_severity(struct reader *r, const struct node *value, void *field)
{
	if (value->kind == NODE_SCALAR && strcmp(value->text, "error") == 0)
		*(enum severity *)field = SEVERITY_ERROR;
	else if (value->kind == NODE_SCALAR && strcmp(value->text, "warning") == 0)
		*(enum severity *)field = SEVERITY_WARNING;
	else if (value->kind == NODE_SCALAR && strcmp(value->text, "ignore") == 0)
		*(enum severity *)field = SEVERITY_IGNORE;
	else
		return document_fault(r, value, "expected error, warning or ignore");
	return 0;
}

static int read_severities(struct reader *r, const struct node *value, void *field)
{
	struct key keys[_CHECK_MAX + 1] = {0};

	for (size_t check = 0; check < _CHECK_MAX; check++)
		keys[check] = (struct key){.name = check_name((enum check)check),
			.read = read_severity,
			.offset = sizeof(enum severity) * check};
	return document_read(r, value, keys, field);
}

static int read_select(struct reader *r, const struct node *value, void *field)
{
	static const struct key keys[] = {
		{"networks", read_strings, offsetof(struct select_settings, networks),
			false},
		{"groups", read_strings, offsetof(struct select_settings, groups), false},
		{0},
	};
	struct select_settings *select = field;

	select->where = document_at(r, value);
	int failed = document_read(r, value, keys, field);

	if (failed == 0 && select->networks.n + select->groups.n == 0)
		return document_fault(r, value, "expected names of networks or groups");
	return failed;
}

static int read_drift(struct reader *r, const struct node *value, void *field)
{
	bool is_scalar = value->kind == NODE_SCALAR;

	if (!is_scalar || (strcmp(value->text, "overwrite") != 0 &&
				  strcmp(value->text, "refuse") != 0))
		return document_fault(r, value, "expected overwrite or refuse");
	*(bool *)field = strcmp(value->text, "refuse") == 0;
	return 0;
}

#define AT(member) offsetof(struct settings, member)
static const struct key settings_keys[] = {
	{"directory", read_directory, AT(directory), false},
	{"select", read_select, AT(select), false},
	{"state", read_absolute, AT(state), false},
	{"keep", read_keep, AT(keep), false},
	{"templates", read_strings, AT(templates), false},
	{"on-drift", read_drift, AT(refuse_drift), false},
	{"targets", read_targets, 0, false},
	{"guard", read_guard, AT(guard), false},
	{"verify", read_verify, AT(verify), false},
	{"quarantine", read_quarantine, AT(quarantine), false},
	{"severity", read_severities, AT(severity), false},
	{0},
};
#undef AT

static void set_list(
	struct settings *settings, struct string_list *list, const char *word)
{
	list->items = mem_array(settings, const char *, 2);
	list->items[0] = word;
	list->n = 1;
}

static void add_default_targets(struct settings *settings)
{
	for (size_t i = 0; i < ARRAY_SIZE(default_targets); i++)
		mem_push(settings, &settings->targets, &settings->n_targets)->name =
			default_targets[i];
}

static struct settings *settings_default(TALLOC_CTX *mem_ctx)
{
	struct settings *settings = mem_new(mem_ctx, struct settings);

	set_list(settings, &settings->directory.uris, "ldapi:///");
	settings->directory.bind = BIND_EXTERNAL;
	settings->directory.page_size = 1000;
	settings->directory.timeout_s = 60;
	settings->directory.full_interval_s = 3600;
	settings->directory.schema = "ldapcc";
	settings->state = "/var/lib/ldapcc";
	settings->keep = 10;
	set_list(settings, &settings->templates, LDAPCC_SYSCONFDIR "/templates");
	settings->guard.max_removed = (struct limit){true, 100};
	settings->guard.max_affected = (struct limit){true, 200};
	settings->guard.max_lost = (struct limit){true, 100};
	settings->guard.max_armed = (struct limit){true, 50};
	settings->guard.max_removed_24h = (struct limit){true, 250};
	settings->guard.min[KIND_HOST] = 1;
	settings->quarantine = (struct limit){true, 10};
	set_list(settings, &settings->verify.dns, "127.0.0.1");
	settings->verify.sample = 100;
	settings->verify.timeout_s = 2;
	settings->verify.kea4_socket = "/run/kea/kea4-ctrl-socket";
	settings->verify.kea6_socket = "/run/kea/kea6-ctrl-socket";
	settings->verify.dhcpd_pid = "/run/dhcpd.pid";
	settings->verify.dhcpd6_pid = "/run/dhcpd6.pid";
	settings->verify.dnsmasq_pid = "/run/dnsmasq/dnsmasq.pid";
	for (size_t check = 0; check < _CHECK_MAX; check++)
		settings->severity[check] = SEVERITY_NOTE; /* the catalogue's */
	add_default_targets(settings);
	return settings;
}

enum severity settings_severity(const struct settings *settings, enum check check)
{
	enum severity severity = settings->severity[check];

	return severity == SEVERITY_NOTE ? check_default(check) : severity;
}

int settings_load(TALLOC_CTX *mem_ctx, const char *path, struct diags *diags,
	struct settings **ret_settings)
{
	TMP_CTX(tmp);
	struct settings *settings = settings_default(tmp);
	struct document *document;
	int failed;

	if (path == NULL && access(DEFAULT_PATH, F_OK) == 0)
		path = DEFAULT_PATH;
	if (path != NULL) {
		failed = document_load(tmp, path, EXIT_USAGE, diags, &document);
		if (failed < 0)
			return failed;
		struct reader reader = {.mem_ctx = settings,
			.document = document,
			.diags = diags,
			.code = EXIT_USAGE};

		settings->path = mem_strdup(settings, path);
		failed = document_read(&reader, document->root, settings_keys, settings);
		if (failed < 0)
			return failed;
		/* locations outlive the document: findings may name them at the very end */
		talloc_steal(settings, document);
	}
	*ret_settings = talloc_steal(mem_ctx, settings);
	return 0;
}
