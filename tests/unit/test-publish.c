/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "publish-fixture.h"
#include "publish/rollback.h"

#define DNSMASQ "/etc/dnsmasq.d/ldapcc.conf"
#define HOSTS "/srv/ldapcc/hosts"
#define DHCPD "/etc/dhcp/ldapcc.conf"
#define MANIFEST(name) "/srv/vcn/manifests/" name ".yaml"

static const struct fixture_file tree_a[] = {
	{T_DNSMASQ, DNSMASQ, "local=/c.example/\n"},
	{T_HOSTS, HOSTS, "10.0.0.1 n1.c.example n1\n"},
	{T_MANIFEST, MANIFEST("n1"), "manifest: 1\nserial: @SERIAL@\nhost: \"n1\"\n"},
	{T_MANIFEST, MANIFEST("n2"), "manifest: 1\nserial: @SERIAL@\nhost: \"n2\"\n"},
};

/* n1 changed, n2 gone, n3 new, hosts changed */
static const struct fixture_file tree_b[] = {
	{T_DNSMASQ, DNSMASQ, "local=/c.example/\n"},
	{T_HOSTS, HOSTS, "10.0.0.1 n1.c.example n1\n10.0.0.3 n3.c.example n3\n"},
	{T_MANIFEST, MANIFEST("n1"),
		"manifest: 1\nserial: @SERIAL@\nhost: \"n1\"\nx: 1\n"},
	{T_MANIFEST, MANIFEST("n3"), "manifest: 1\nserial: @SERIAL@\nhost: \"n3\"\n"},
};

/* Scratch roots */

static int remove_entry(
	const char *path, const struct stat *st, int flag, struct FTW *walk)
{
	(void)st;
	(void)flag;
	(void)walk;
	return remove(path);
}

static int set_up(void **state)
{
	char root[] = "/tmp/test-publish-XXXXXX";

	if (mkdtemp(root) == NULL)
		return -1;
	*state = fixture_new(NULL, root);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	nftw(f->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	talloc_free(f);
	return 0;
}

static char *real(struct fixture *f, const char *path)
{
	return file_join(f, f->root, path);
}

static char *content(struct fixture *f, const char *path)
{
	char *bytes;
	size_t len;

	if (file_read_at(f, AT_FDCWD, real(f, path), &bytes, &len) < 0)
		return NULL;
	return bytes;
}

static void put(struct fixture *f, const char *path, const char *text)
{
	TMP_CTX(tmp);
	char *to = real(f, path);

	assert_int_equal(file_make_folders(dirname(mem_strdup(tmp, to)), 0755), 0);
	int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

static void assert_starts(struct fixture *f, const char *path, const char *start)
{
	const char *bytes = content(f, path);

	if (bytes == NULL || strncmp(bytes, start, strlen(start)) != 0)
		fail_msg("%s is '%s', not '%s…'", path, bytes == NULL ? "(none)" : bytes,
			start);
}

/* Names with a dot in front that are left below the root, outside the state. */
static size_t n_leftovers;

static int count_leftover(
	const char *path, const struct stat *st, int flag, struct FTW *walk)
{
	(void)st;
	(void)flag;
	if (strstr(path + walk->base, "ldapcc-") != NULL && path[walk->base] == '.')
		n_leftovers++;
	return 0;
}

static void assert_no_leftovers(struct fixture *f)
{
	n_leftovers = 0;
	nftw(f->root, count_leftover, 16, FTW_PHYS);
	assert_int_equal(n_leftovers, 0);
	assert_null(content(f, "/var/lib/ldapcc/staging"));
	assert_null(content(f, "/var/lib/ldapcc/txn"));
}

static bool has_message(struct fixture *f, const char *part)
{
	for (size_t i = 0; i < f->diags->n_findings; i++) {
		const struct finding *finding = f->diags->findings[i];

		if (strstr(finding->message, part) != NULL)
			return true;
		for (size_t j = 0; j < finding->n_notes; j++)
			if (strstr(finding->notes[j].message, part) != NULL)
				return true;
	}
	return false;
}

#define APPLY(f, tree) fixture_apply(f, tree, ARRAY_SIZE(tree), NULL)

static uint64_t serial_in(struct fixture *f, const char *path)
{
	const char *bytes = content(f, path);
	const char *at = bytes == NULL ? NULL : strstr(bytes, "serial: ");

	return at == NULL ? 0 : strtoull(at + strlen("serial: "), NULL, 10);
}

static uint64_t current(struct fixture *f)
{
	TMP_CTX(tmp);
	struct state *state;

	assert_int_equal(
		state_open(tmp, &f->settings, f->root, false, diags_new(tmp), &state), 0);
	return state->current;
}

static void set_check(struct fixture *f, enum fixture_target target, const char *script)
{
	const char *words[] = {real(f, "/check"), "{file}", "{main}", "{tree}", NULL};

	put(f, "/check", script);
	assert_int_equal(chmod(real(f, "/check"), 0755), 0);
	f->targets[target].check = fixture_words(f, words);
}

/* Tests */

static void test_first_and_nothing(void **state)
{
	struct fixture *f = *state;
	struct stat before, after;

	assert_int_equal(APPLY(f, tree_a), 0);
	assert_int_equal(f->n_changes, 4);
	assert_int_equal(f->diags->n_findings, 0);
	assert_starts(f, HOSTS, "10.0.0.1 n1");
	assert_int_equal(serial_in(f, MANIFEST("n1")), f->now);
	assert_no_leftovers(f);
	assert_int_equal(current(f), 1);

	f->now += 100;
	assert_int_equal(stat(real(f, HOSTS), &before), 0);
	assert_int_equal(APPLY(f, tree_a), 0);
	assert_int_equal(f->n_changes, 0);
	assert_int_equal(current(f), 1);
	assert_int_equal(stat(real(f, HOSTS), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

static void test_change(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(APPLY(f, tree_a), 0);
	/* two runs within a second: the serial goes up all the same */
	assert_int_equal(APPLY(f, tree_b), 0);
	assert_int_equal(f->n_changes, 4);
	assert_starts(f, HOSTS, "10.0.0.1 n1.c.example n1\n10.0.0.3");
	assert_null(content(f, MANIFEST("n2")));
	assert_int_equal(serial_in(f, MANIFEST("n1")), f->now + 1);
	assert_int_equal(serial_in(f, MANIFEST("n3")), f->now);
	assert_no_leftovers(f);
	assert_int_equal(current(f), 2);
	f->now += 1000;
	assert_int_equal(APPLY(f, tree_a), 0);
	assert_int_equal(serial_in(f, MANIFEST("n1")), f->now);
	assert_non_null(content(f, MANIFEST("n2")));
	assert_null(content(f, MANIFEST("n3")));
}

static void test_plan_id_is_stable(void **state)
{
	struct fixture *f = *state;

	f->settings.refuse_drift = true;
	assert_int_equal(APPLY(f, tree_a), 0);
	put(f, HOSTS, "edited\n");
	assert_int_equal(APPLY(f, tree_b), EXIT_DRIFT);
	const char *first = f->plan_id;

	f->now += 12345;
	assert_int_equal(APPLY(f, tree_b), EXIT_DRIFT);
	assert_string_equal(first, f->plan_id);
	assert_int_equal(APPLY(f, tree_a), EXIT_DRIFT);
	assert_string_not_equal(first, f->plan_id);
}

static void test_foreign(void **state)
{
	struct fixture *f = *state;

	put(f, HOSTS, "127.0.0.1 mine\n");
	assert_int_equal(APPLY(f, tree_a), EXIT_REFUSED);
	assert_true(has_message(f, "ldapcc apply --bootstrap"));
	assert_starts(f, HOSTS, "127.0.0.1 mine\n");
	assert_null(content(f, DNSMASQ));
	f->bootstrap = true;
	assert_int_equal(APPLY(f, tree_a), 0);
	assert_starts(f, HOSTS, "10.0.0.1");
	/* numbers are not reused, but nothing was staged when it was refused */
	assert_starts(f, "/var/lib/ldapcc/generations/000001/replaced" HOSTS,
		"127.0.0.1 mine\n");
}

static void test_drift(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(APPLY(f, tree_a), 0);
	put(f, HOSTS, "10.0.0.9 edited\n");
	assert_int_equal(unlink(real(f, DNSMASQ)), 0);
	assert_int_equal(chmod(real(f, MANIFEST("n1")), 0600), 0);
	assert_int_equal(unlink(real(f, MANIFEST("n2"))), 0);
	assert_int_equal(symlink("/etc/passwd", real(f, MANIFEST("n2"))), 0);

	f->settings.refuse_drift = true;
	assert_int_equal(APPLY(f, tree_a), EXIT_DRIFT);
	assert_int_equal(f->diags->n_errors, 4);
	assert_starts(f, HOSTS, "10.0.0.9 edited");

	f->settings.refuse_drift = false;
	assert_int_equal(APPLY(f, tree_a), 0);
	assert_int_equal(f->n_changes, 4);
	assert_int_equal(f->diags->n_warnings, 4);
	assert_true(has_message(f, "was edited by hand"));
	assert_true(has_message(f, "was removed by hand"));
	assert_true(has_message(f, "another owner or mode"));
	assert_true(has_message(f, "no file"));
	assert_starts(f, HOSTS, "10.0.0.1");
	assert_starts(f, DNSMASQ, "local=");
	assert_starts(f, "/var/lib/ldapcc/generations/000002/replaced" HOSTS, "10.0.0.9");
	struct stat st;

	assert_int_equal(lstat(real(f, MANIFEST("n2")), &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(stat(real(f, MANIFEST("n1")), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(APPLY(f, tree_a), 0);
	assert_int_equal(f->n_changes, 0);
}

static void test_mode_from_settings(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	assert_int_equal(APPLY(f, tree_a), 0);
	f->targets[T_HOSTS].mode = 0640;
	assert_int_equal(APPLY(f, tree_a), 0);
	assert_int_equal(f->n_changes, 1);
	assert_int_equal(f->diags->n_warnings, 0);
	assert_int_equal(stat(real(f, HOSTS), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	f->targets[T_HOSTS].group = "no-such-group-here";
	assert_int_equal(APPLY(f, tree_a), geteuid() == 0 ? EXIT_USAGE : 0);
}

static void test_untouched(void **state)
{
	struct fixture *f = *state;
	TMP_CTX(tmp);
	struct state *s;
	struct diags *diags = diags_new(tmp);

	assert_int_equal(APPLY(f, tree_a), 0);
	assert_int_equal(state_open(tmp, &f->settings, f->root, false, diags, &s), 0);
	assert_true(plan_is_untouched(s));
	assert_int_equal(chmod(real(f, HOSTS), 0600), 0);
	assert_false(plan_is_untouched(s));
	assert_int_equal(chmod(real(f, HOSTS), 0644), 0);
	assert_false(plan_is_untouched(s));
	/* a full run that changes nothing notes it anew */
	assert_int_equal(APPLY(f, tree_a), 0);
	assert_int_equal(f->n_changes, 0);
	assert_true(plan_is_untouched(s));
	put(f, "/srv/vcn/manifests/stray", "x");
	assert_false(plan_is_untouched(s));
}

static void test_lost_hints(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(APPLY(f, tree_a), 0);
	put(f, "/var/lib/ldapcc/installed", "generation 1\n12 garbage\n");
	put(f, "/var/lib/ldapcc/outline", "");
	assert_int_equal(APPLY(f, tree_a), 0);
	assert_int_equal(f->n_changes, 0);
}

static void test_target_leaves(void **state)
{
	struct fixture *f = *state;
	static const struct fixture_file less[] = {
		{T_DNSMASQ, DNSMASQ, "local=/other.example/\n"},
	};

	assert_int_equal(APPLY(f, tree_a), 0);
	f->targets[T_HOSTS].name = f->targets[T_MANIFEST].name = "renamed";
	assert_int_equal(APPLY(f, less), EXIT_REFUSED);
	assert_true(has_message(f, "target 'hosts' has left the settings"));
	f->accept = f->plan_id;
	assert_int_equal(APPLY(f, less), 0);
	f->accept = NULL;
	/* a single file stays, for somebody may include it; manifests go */
	assert_starts(f, HOSTS, "10.0.0.1");
	assert_null(content(f, MANIFEST("n1")));
	assert_null(content(f, MANIFEST("n2")));
	assert_int_equal(APPLY(f, less), 0);
	assert_int_equal(f->n_changes, 0);
}

static void test_malformed(void **state)
{
	struct fixture *f = *state;
	static const struct fixture_file bad[] = {
		{T_DNSMASQ, DNSMASQ, "local=/new.example/\n"},
		{T_HOSTS, HOSTS, "10.0.0.1 n1\n10.0.0.300 n2\n"},
	};

	assert_int_equal(APPLY(f, tree_a), 0);
	assert_int_equal(APPLY(f, bad), EXIT_REJECTED);
	assert_true(has_message(f, "'10.0.0.300' is no address"));
	assert_starts(f, DNSMASQ, "local=/c.example/");
	assert_no_leftovers(f);
	assert_int_equal(current(f), 1);
}

/* So many files that their folders are filled beside each other; of faults the first is told. */
static void test_many(void **state)
{
	enum { N = 601 };
	static const char *const folders[] = {"a", "a/below", "b"};
	struct fixture *f = *state;
	struct fixture_file files[N] = {{T_HOSTS, HOSTS, "10.0.0.1 n1\n"}};

	for (size_t i = 1; i < N; i++)
		files[i] = (struct fixture_file){T_MANIFEST,
			mem_printf(
				f, "/srv/vcn/manifests/%s/n%zu.yaml", folders[i % 3], i),
			mem_printf(f, "name: n%zu\n", i)};
	assert_int_equal(fixture_apply(f, files, N, NULL), 0);
	for (size_t i = 1; i < N; i++)
		assert_starts(f, files[i].path, files[i].body);
	files[0].body = "10.0.0.300 n2\n";
	files[1].body = "name: other\n";
	files[2].body = "name: [\n";
	assert_int_equal(fixture_apply(f, files, N, NULL), EXIT_REJECTED);
	assert_true(has_message(f, "the new file is malformed"));
	assert_int_equal(f->diags->n_errors, 1);
	assert_starts(f, files[1].path, "name: n1\n");
	assert_no_leftovers(f);
}

/* What must not move when a run is refused: every file outside the state. */
static struct buffer *identities;
static const char *state_folder;

static int add_identity(
	const char *path, const struct stat *st, int flag, struct FTW *walk)
{
	(void)walk;
	if (flag == FTW_F && strncmp(path, state_folder, strlen(state_folder)) != 0)
		buffer_printf(identities, "%s %lu %ld.%ld %ld.%ld %o %u %u\n", path,
			(unsigned long)st->st_ino, (long)st->st_mtim.tv_sec,
			st->st_mtim.tv_nsec, (long)st->st_ctim.tv_sec,
			st->st_ctim.tv_nsec, (unsigned)st->st_mode, (unsigned)st->st_uid,
			(unsigned)st->st_gid);
	return 0;
}

/* One folder at a time: the order of a walk may change with a file that comes and goes. */
static char *identity(struct fixture *f)
{
	static const char *const folders[] = {
		"/etc/dnsmasq.d", "/srv/ldapcc/hosts", "/srv/vcn/manifests"};

	identities = buffer_new(f);
	state_folder = real(f, "/var");
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		nftw(real(f, folders[i]), add_identity, 16, FTW_PHYS);
	return identities->data;
}

static void test_refusals_touch_nothing(void **state)
{
	struct fixture *f = *state;
	TMP_CTX(tmp);
	static const struct fixture_file malformed[] = {
		{T_DNSMASQ, DNSMASQ, "local=/new.example/\n"},
		{T_HOSTS, HOSTS, "10.0.0.300 n2\n"},
		{T_MANIFEST, MANIFEST("n1"), "serial: @SERIAL@\nother: 1\n"},
	};
	static const struct fixture_file foreign[] = {
		{T_HOSTS, HOSTS, "10.0.0.3 n3\n"},
		{T_MANIFEST, MANIFEST("mine"), "a: 1\n"},
	};
	struct state *held;

	assert_int_equal(APPLY(f, tree_a), 0);
	put(f, MANIFEST("mine"), "a: 0\n");
	const char *before = identity(f);

	assert_int_equal(APPLY(f, malformed), EXIT_REJECTED);
	assert_string_equal(identity(f), before);
	assert_int_equal(APPLY(f, foreign), EXIT_REFUSED);
	assert_string_equal(identity(f), before);
	assert_int_equal(fixture_apply(f, tree_b, ARRAY_SIZE(tree_b), NULL), 0);
	before = identity(f);
	set_check(f, T_HOSTS, "#!/bin/sh\nexit 1\n");
	assert_int_equal(APPLY(f, tree_a), EXIT_REJECTED);
	assert_string_equal(identity(f), before);
	assert_int_equal(fixture_open(f, tmp, &held), 0);
	assert_int_equal(APPLY(f, tree_a), EXIT_BUSY);
	assert_string_equal(identity(f), before);
	talloc_free(held);
	assert_int_equal(chmod(real(f, HOSTS), 0600), 0);
	before = identity(f);
	f->settings.refuse_drift = true;
	assert_int_equal(APPLY(f, tree_a), EXIT_DRIFT);
	assert_string_equal(identity(f), before);
	f->settings.guard.min[KIND_HOST] = 1;
	f->settings.refuse_drift = false;
	assert_int_equal(APPLY(f, tree_a), EXIT_REFUSED);
	assert_string_equal(identity(f), before);
	assert_no_leftovers(f);
}

/* Links that wait where temporary files will be made lead nowhere. */
static void test_planted(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(APPLY(f, tree_a), 0);
	put(f, "/outside", "precious\n");
	assert_int_equal(mkdir(real(f, "/elsewhere"), 0755), 0);
	assert_int_equal(
		symlink(real(f, "/outside"), real(f, "/srv/ldapcc/.hosts.ldapcc-2")), 0);
	assert_int_equal(symlink(real(f, "/elsewhere"),
				 real(f, "/srv/vcn/manifests/.ldapcc-2-manifest")),
		0);
	assert_int_equal(APPLY(f, tree_b), EXIT_IO);
	assert_string_equal(content(f, "/outside"), "precious\n");
	assert_null(content(f, "/elsewhere/n1.yaml"));
	assert_no_leftovers(f);
	assert_int_equal(
		symlink(real(f, "/outside"), real(f, "/srv/ldapcc/.hosts.ldapcc-2")), 0);
	assert_int_equal(APPLY(f, tree_b), 0);
	assert_string_equal(content(f, "/outside"), "precious\n");
	assert_starts(f, HOSTS, "10.0.0.1 n1.c.example n1\n10.0.0.3");
	/* and a live file that became a link is replaced, not followed */
	assert_int_equal(unlink(real(f, HOSTS)), 0);
	assert_int_equal(symlink(real(f, "/outside"), real(f, HOSTS)), 0);
	assert_int_equal(APPLY(f, tree_a), 0);
	assert_string_equal(content(f, "/outside"), "precious\n");
	assert_no_leftovers(f);
}

static void test_busy(void **state)
{
	struct fixture *f = *state;
	TMP_CTX(tmp);
	struct state *held;

	assert_int_equal(fixture_open(f, tmp, &held), 0);
	assert_int_equal(APPLY(f, tree_a), EXIT_BUSY);
	assert_true(has_message(f, "another run holds the lock (process "));
	talloc_free(held);
	assert_int_equal(APPLY(f, tree_a), 0);
}

static void test_folders(void **state)
{
	struct fixture *f = *state;

	/* a folder where the file should go */
	assert_int_equal(file_make_folders(real(f, HOSTS), 0755), 0);
	f->bootstrap = true;
	assert_int_equal(APPLY(f, tree_a), EXIT_IO);
	assert_true(has_message(f, "a folder is in the way"));
	assert_null(content(f, DNSMASQ));
	assert_no_leftovers(f);
	assert_int_equal(rmdir(real(f, HOSTS)), 0);
	/* a link where the target's folder should be */
	assert_int_equal(mkdir(real(f, "/elsewhere"), 0755), 0);
	assert_int_equal(file_make_folders(real(f, "/etc"), 0755), 0);
	assert_int_equal(symlink(real(f, "/elsewhere"), real(f, "/etc/dnsmasq.d")), 0);
	assert_int_equal(APPLY(f, tree_a), EXIT_IO);
	assert_true(has_message(f, "is a link"));
	assert_null(content(f, "/elsewhere/ldapcc.conf"));
	assert_no_leftovers(f);
}

static void test_generations(void **state)
{
	struct fixture *f = *state;
	TMP_CTX(tmp);
	struct generation_summary *list;
	struct state *s;
	struct diags *diags = diags_new(tmp);
	size_t n, kept = 0;

	for (int i = 0; i < 12; i++) {
		struct fixture_file files[ARRAY_SIZE(tree_a)];

		memcpy(files, tree_a, sizeof(files));
		files[1].body = mem_printf(tmp, "10.0.0.%d n\n", i + 1);
		assert_int_equal(APPLY(f, files), 0);
	}
	assert_int_equal(state_open(tmp, &f->settings, f->root, false, diags, &s), 0);
	assert_int_equal(s->current, 12);
	assert_int_equal(s->previous, 11);
	assert_int_equal(generation_list(tmp, s, diags, &list, &n), 0);
	for (size_t i = 0; i < n; i++)
		kept += list[i].is_kept;
	assert_int_equal(kept, f->settings.keep);
	assert_true(list[0].is_current);
	/* contents of old generations are bounded, too */
	assert_in_range(n, kept, 2 * f->settings.keep + 2);
	/* what the current one points to is all there */
	struct generation *g;

	assert_int_equal(generation_load(tmp, s, 12, diags, &g), 0);
	for (size_t i = 0; i < g->n_files; i++) {
		char *bytes;

		assert_int_equal(generation_read(tmp, s, &g->files[i], diags, &bytes), 0);
	}
}

static void test_rollback(void **state)
{
	struct fixture *f = *state;
	TMP_CTX(tmp);
	struct state *s;
	struct live_set *survey;
	struct plan *plan;
	struct staged *staged;

	assert_int_equal(APPLY(f, tree_a), 0);
	f->now += 10;
	assert_int_equal(APPLY(f, tree_b), 0);
	uint64_t serial = serial_in(f, MANIFEST("n1"));

	f->now += 10;
	assert_int_equal(fixture_open(f, tmp, &s), 0);
	assert_int_equal(live_survey(tmp, s, f->now, false, f->diags, &survey), 0);
	struct serials serials = plan_serials(survey);
	struct plan_input input = {
		.targets = f->targets,
		.n_targets = N_TARGETS,
		.reserial = rollback_reserial(),
	};

	static const struct roster no_roster;
	struct rollback_input from = {.number = 7,
		.settings = &f->settings,
		.targets = f->targets,
		.n_targets = N_TARGETS,
		.serials = &serials};

	input.roster = &no_roster;
	assert_int_equal(rollback_tree(tmp, s, &from, f->diags, &input), -EXIT_USAGE);
	from.number = 1;
	assert_int_equal(rollback_tree(tmp, s, &from, f->diags, &input), 0);
	assert_int_equal(plan_new(tmp, survey, &input, f->diags, &plan), 0);
	assert_int_equal(plan->n_changes, 4);
	assert_int_equal(
		publish_stage(tmp, s, plan, "rollback to 1", f->diags, &staged), 0);
	assert_int_equal(publish_commit(staged, true, f->diags), 0);
	assert_int_equal(state_pin(s, 1, f->diags), 0);
	talloc_free(s);
	assert_starts(f, HOSTS, "10.0.0.1 n1.c.example n1\n#");
	assert_non_null(content(f, MANIFEST("n2")));
	assert_null(content(f, MANIFEST("n3")));
	assert_in_range(serial_in(f, MANIFEST("n1")), serial + 1, UINT64_MAX);
	assert_int_equal(current(f), 3);

	assert_int_equal(APPLY(f, tree_b), EXIT_REFUSED);
	assert_true(has_message(f, "'ldapcc --root /r rollback --unpin'"));
	assert_int_equal(fixture_open(f, tmp, &s), 0);
	assert_int_equal(state_pin(s, 0, f->diags), 0);
	talloc_free(s);
	assert_int_equal(APPLY(f, tree_b), 0);
}

/* Damage in the state is found, and named */
static void test_damage(void **state)
{
	struct fixture *f = *state;
	const char *record = "/var/lib/ldapcc/generations/000001/record";

	assert_int_equal(APPLY(f, tree_a), 0);
	const char *bytes = content(f, record);
	char *cut = mem_strndup(f, bytes, strlen(bytes) / 2);

	put(f, record, cut);
	assert_int_equal(APPLY(f, tree_a), EXIT_IO);
	assert_true(has_message(f, "damaged"));
	char *forged = mem_strdup(f, bytes);

	*strstr(forged, "\ninstall") = ' ';
	put(f, record, forged);
	assert_int_equal(APPLY(f, tree_a), EXIT_IO);
	put(f, record, bytes);
	assert_int_equal(APPLY(f, tree_a), 0);
	put(f, "/var/lib/ldapcc/txn", "many\n");
	assert_int_equal(APPLY(f, tree_a), EXIT_IO);
}

static void test_checker(void **state)
{
	struct fixture *f = *state;
	static const struct fixture_file with_dhcpd[] = {
		{T_DHCPD, DHCPD, "option x \"y\";\n"},
		{T_MANIFEST, MANIFEST("n1"), "a: 1\n"},
		{T_MANIFEST, MANIFEST("n2"), "a: 2\n"},
	};

	put(f, "/etc/dhcp/dhcpd.conf",
		"authoritative;\ninclude \"/etc/dhcp/ldapcc.conf\";\n");
	f->targets[T_DHCPD].main = "/etc/dhcp/dhcpd.conf";
	/* the copies are seen, main names the private copy, and the output names ours */
	set_check(f, T_DHCPD,
		"#!/bin/sh\n"
		"test -s \"$1\" || exit 9\n"
		"grep -q \"include \\\"$1\\\";\" \"$2\" || exit 8\n"
		"case $1 in */.ldapcc-check.ldapcc.conf) ;; *) exit 7;; esac\n"
		"case $2 in */.ldapcc-check.dhcpd.conf) ;; *) exit 6;; esac\n"
		"echo \"$1 line 1: bad\"; exit 5\n");
	assert_int_equal(APPLY(f, with_dhcpd), EXIT_REJECTED);
	assert_true(has_message(f, "exited with status 5"));
	assert_true(has_message(f, "/etc/dhcp/ldapcc.conf line 1: bad"));
	assert_null(content(f, DHCPD));
	assert_null(content(f, MANIFEST("n1")));
	assert_no_leftovers(f);
	assert_int_equal(current(f), 0);
	assert_starts(f, "/var/lib/ldapcc/rejected/000001/output", "$ ");

	set_check(f, T_DHCPD, "#!/bin/sh\nexit 0\n");
	assert_int_equal(APPLY(f, with_dhcpd), 0);
	assert_int_equal(f->diags->n_findings, 0);
	assert_no_leftovers(f);
	assert_starts(f, "/etc/dhcp/dhcpd.conf", "authoritative;\ninclude \"/etc/dhcp/l");
}

static void test_checker_tree(void **state)
{
	struct fixture *f = *state;
	static const struct fixture_file first[] = {
		{T_MANIFEST, MANIFEST("n1"), "a: 1\n"},
		{T_MANIFEST, MANIFEST("n2"), "a: 2\n"},
	};
	static const struct fixture_file second[] = {
		{T_MANIFEST, MANIFEST("n1"), "a: 1\n"},
		{T_MANIFEST, MANIFEST("n2"), "a: 3\n"},
	};

	set_check(f, T_MANIFEST,
		"#!/bin/sh\nls \"$3\" >>/proc/self/fd/1; ls \"$3\"; exit 1\n");
	assert_int_equal(APPLY(f, first), EXIT_REJECTED);
	assert_true(has_message(f, "n1.yaml"));
	assert_int_equal(f->diags->n_errors, 1); /* one process for all */
	f->targets[T_MANIFEST].check.n = 0;
	assert_int_equal(APPLY(f, first), 0);
	set_check(f, T_MANIFEST, "#!/bin/sh\nls \"$3\"; exit 1\n");
	assert_int_equal(APPLY(f, second), EXIT_REJECTED);
	assert_true(has_message(f, "n2.yaml"));
	assert_false(has_message(f, "n1.yaml"));
	assert_starts(f, MANIFEST("n2"), "a: 2");
	assert_no_leftovers(f);
}

static void test_checker_missing(void **state)
{
	struct fixture *f = *state;
	const char *words[] = {"no-such-program-here", "{file}", NULL};

	f->targets[T_HOSTS].check = fixture_words(f, words);
	assert_int_equal(APPLY(f, tree_a), 0);
	assert_int_equal(f->diags->n_warnings, 1);
	assert_string_equal(f->diags->findings[0]->id, "no-checker");
	f->settings.severity[CHECK_NO_CHECKER] = SEVERITY_IGNORE;
	assert_int_equal(APPLY(f, tree_b), 0);
	assert_int_equal(f->diags->n_warnings, 0);
}

static void test_main_without_include(void **state)
{
	struct fixture *f = *state;
	static const struct fixture_file dhcpd[] = {
		{T_DHCPD, DHCPD, "option x \"y\";\n"}};

	put(f, "/etc/dhcp/dhcpd.conf", "include \"/etc/dhcp/ldapcc.conf.old\";\n");
	f->targets[T_DHCPD].main = "/etc/dhcp/dhcpd.conf";
	set_check(f, T_DHCPD, "#!/bin/sh\ntest \"$1\" = \"$2\"\n");
	assert_int_equal(APPLY(f, dhcpd), 0);
	assert_true(has_message(f, "does not include"));
	assert_no_leftovers(f);
}

/* Reloads */

static void set_command(struct fixture *f, enum fixture_target target, const char *script)
{
	const char *words[] = {real(f, "/reload"), NULL};

	put(f, "/reload", script);
	assert_int_equal(chmod(real(f, "/reload"), 0755), 0);
	f->targets[target].on_change =
		(struct action){.kind = ACTION_COMMAND, .words = fixture_words(f, words)};
}

static void test_reload_is_not_lost(void **state)
{
	struct fixture *f = *state;
	char *good = mem_printf(f, "#!/bin/sh\necho done >>%s\n", real(f, "/reloads"));

	set_command(f, T_HOSTS, "#!/bin/sh\necho no; exit 3\n");
	set_command(f, T_DNSMASQ, "#!/bin/sh\necho no; exit 3\n");
	assert_int_equal(APPLY(f, tree_a), EXIT_PENDING);
	assert_true(has_message(f, "exited with status 3"));
	assert_starts(f, HOSTS, "10.0.0.1");
	/* nothing to change, but still to tell */
	assert_int_equal(APPLY(f, tree_a), EXIT_PENDING);
	assert_starts(
		f, "/var/lib/ldapcc/pending/hosts", "ldapcc pending 1\naction command\n");
	set_command(f, T_HOSTS, good);
	assert_int_equal(APPLY(f, tree_a), 0);
	assert_null(content(f, "/var/lib/ldapcc/pending/hosts"));
	assert_null(content(f, "/var/lib/ldapcc/pending/dnsmasq"));
	/* two targets, one command: told once */
	assert_string_equal(content(f, "/reloads"), "done\n");
	assert_int_equal(APPLY(f, tree_a), 0);
	assert_string_equal(content(f, "/reloads"), "done\n");
	assert_int_equal(APPLY(f, tree_b), 0);
	assert_string_equal(content(f, "/reloads"), "done\ndone\n");
}

static void test_no_reload(void **state)
{
	struct fixture *f = *state;

	set_command(f, T_HOSTS,
		mem_printf(f, "#!/bin/sh\necho done >>%s\n", real(f, "/reloads")));
	f->no_reload = true;
	assert_int_equal(APPLY(f, tree_a), 0);
	assert_null(content(f, "/reloads"));
	f->no_reload = false;
	assert_int_equal(APPLY(f, tree_a), 0);
	assert_string_equal(content(f, "/reloads"), "done\n");
}

/* Guards */

/* A host and VCNs; @n_changed of them say something else, and are affected by that. */
static const struct roster *make_nodes(struct fixture *f, size_t n, size_t n_changed)
{
	struct roster *roster = mem_new(f, struct roster);

	roster->records = mem_array(f, struct roster_record, n + 1);
	roster->n = n;
	for (size_t i = 0; i < n; i++)
		roster->records[i] = (struct roster_record){
			.name = mem_printf(f, "n%03zu", i),
			.dn = "cn=n",
			.kind = i == 0 ? KIND_HOST : KIND_VCN,
			.identity = i < n_changed ? 2 : 1,
			.effect = i < n_changed ? 2 : 1,
			.networks = "a",
			.names = "",
			.addresses = "",
			.reservations = "",
			.files = "",
		};
	return roster;
}

static int apply_nodes(struct fixture *f, size_t n, size_t n_changed)
{
	TMP_CTX(tmp);
	struct fixture_file file = {
		T_HOSTS, HOSTS, mem_printf(tmp, "10.0.%zu.%zu n\n", n, n_changed)};

	return fixture_apply(f, &file, 1, make_nodes(f, n, n_changed));
}

static void test_guards(void **state)
{
	struct fixture *f = *state;

	f->settings.guard.min[KIND_HOST] = 1;
	assert_int_equal(apply_nodes(f, 0, 0), EXIT_REFUSED);
	assert_int_equal(apply_nodes(f, 100, 0), 0);
	assert_int_equal(apply_nodes(f, 89, 0), EXIT_REFUSED);
	assert_true(has_message(f, "11 of 100 nodes would be removed, at most 10 may"));
	assert_true(
		has_message(f, mem_printf(f, "ldapcc apply --accept %s", f->plan_id)));
	assert_int_equal(apply_nodes(f, 100, 21), EXIT_REFUSED);
	assert_true(has_message(f, "21 of 100 nodes would be affected"));
	assert_int_equal(apply_nodes(f, 90, 0), 0);
	/* the floor of three, and the day's sum */
	assert_int_equal(apply_nodes(f, 82, 0), 0);
	assert_int_equal(apply_nodes(f, 74, 0), EXIT_REFUSED);
	assert_true(has_message(f, "within 24 hours"));
	f->accept = "000000000000";
	assert_int_equal(apply_nodes(f, 74, 0), EXIT_REFUSED);
	assert_true(has_message(f, "the changes are others now"));
	f->accept = f->plan_id;
	assert_int_equal(apply_nodes(f, 74, 0), 0);
	/* one-shot: it fits no other set of changes */
	assert_int_equal(apply_nodes(f, 60, 0), EXIT_REFUSED);
	f->now += 25 * 60 * 60;
	f->accept = NULL;
	assert_int_equal(apply_nodes(f, 68, 0), 0);
	assert_int_equal(apply_nodes(f, 0, 0), EXIT_REFUSED);
	assert_true(has_message(f, "of kind 'host' are left, at least 1 must"));
	assert_true(has_message(f, "all 67 of kind 'vcn' would be gone"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_first_and_nothing),
		TEST(test_change),
		TEST(test_plan_id_is_stable),
		TEST(test_foreign),
		TEST(test_drift),
		TEST(test_mode_from_settings),
		TEST(test_untouched),
		TEST(test_lost_hints),
		TEST(test_target_leaves),
		TEST(test_malformed),
		TEST(test_many),
		TEST(test_refusals_touch_nothing),
		TEST(test_planted),
		TEST(test_busy),
		TEST(test_folders),
		TEST(test_generations),
		TEST(test_rollback),
		TEST(test_damage),
		TEST(test_checker),
		TEST(test_checker_tree),
		TEST(test_checker_missing),
		TEST(test_main_without_include),
		TEST(test_reload_is_not_lost),
		TEST(test_no_reload),
		TEST(test_guards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
