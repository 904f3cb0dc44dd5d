/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vcn/common/memory_need.h"
#include "vcn/host/admission.h"
#include "vcn/host/apply_guard.h"
#include "vcn/host/reconcile.h"
#include "vcn/host/succession.h"

enum { NOW = 1795430400 };

/* A manifest of @n guests v0, v1, …, each with its name as digest. */
static struct manifest *make_manifest(TALLOC_CTX *mem_ctx, size_t n)
{
	struct manifest *manifest = mem_new(mem_ctx, struct manifest);

	manifest->path = "m.yaml";
	manifest->host = "node01.c.example";
	manifest->guests = mem_array(mem_ctx, struct guest, n);
	manifest->n_guests = n;
	for (size_t i = 0; i < n; i++) {
		struct guest *guest = &manifest->guests[i];

		guest->name = mem_printf(mem_ctx, "v%zu", i);
		guest->is_enabled = true;
		guest->memory_mib = 1024;
		guest->cpus = 1;
		memcpy(guest->digest, guest->name, strlen(guest->name) + 1);
	}
	return manifest;
}

static struct run_state *add_state(TALLOC_CTX *mem_ctx, struct observation *seen,
	const char *name, enum guest_state word, const char *digest)
{
	struct run_state *state = mem_new(mem_ctx, struct run_state);

	state->name = name;
	state->state = word;
	state->digest = digest;
	*mem_push(mem_ctx, &seen->states, &seen->n_states) = state;
	return state;
}

static char *describe(TALLOC_CTX *mem_ctx, const struct plan *plan)
{
	struct buffer *b = buffer_new(mem_ctx);

	for (size_t i = 0; i < plan->n_actions; i++)
		buffer_printf(b, "%s%s %s", i == 0 ? "" : ", ",
			action_name(plan->actions[i].kind), plan->actions[i].name);
	return b->data;
}

static void test_plan(void **state)
{
	TMP_CTX(tmp);
	struct manifest *manifest = make_manifest(tmp, 6);
	struct observation seen = {0};
	struct plan plan;

	(void)state;
	add_state(tmp, &seen, "gone", STATE_READY, "gone");
	add_state(tmp, &seen, "gone2", STATE_STOPPED, NULL);
	add_state(tmp, &seen, "v0", STATE_READY, "v0");
	add_state(tmp, &seen, "v1", STATE_READY, "older");
	manifest->guests[2].is_enabled = false;
	add_state(tmp, &seen, "v2", STATE_DEGRADED, "v2");
	add_state(tmp, &seen, "v3", STATE_STOPPED, NULL);
	add_state(tmp, &seen, "v4", STATE_BOOTING, "v4");
	struct run_state *failed = add_state(tmp, &seen, "v5", STATE_FAILED, "v5");

	failed->n_failures = 1;
	failed->failed_at = NOW - 3;
	failed->message = "no KVM";
	reconcile_plan(tmp, manifest, &seen, false, NOW, &plan);
	assert_string_equal(describe(tmp, &plan),
		"stop gone, outdated v1, stop v2, start v3, wait v5");
	assert_int_equal(plan.n_running, 5);
	assert_string_equal(plan.actions[4].reason, "no KVM (next try in 7 s)");
	reconcile_plan(tmp, manifest, &seen, true, NOW + 7, &plan);
	assert_string_equal(describe(tmp, &plan),
		"stop gone, restart v1, stop v2, start v3, start v5");
}

static void test_nothing_to_do(void **state)
{
	TMP_CTX(tmp);
	struct manifest *manifest = make_manifest(tmp, 3);
	struct observation seen = {0};
	struct plan plan;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		add_state(tmp, &seen, manifest->guests[i].name, STATE_READY,
			manifest->guests[i].digest);
	reconcile_plan(tmp, manifest, &seen, true, NOW, &plan);
	assert_int_equal(plan.n_actions, 0);
	/* one that is being stopped is somebody else's */
	seen.states[0]->is_stopping = true;
	manifest->guests[0].is_enabled = false;
	reconcile_plan(tmp, manifest, &seen, true, NOW, &plan);
	assert_int_equal(plan.n_actions, 0);
}

static void test_backoff(void **state)
{
	static const int64_t pauses[] = {
		0, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600};
	struct run_state failed = {.state = STATE_FAILED, .failed_at = NOW};

	(void)state;
	for (unsigned n = 0; n < ARRAY_SIZE(pauses); n++) {
		failed.n_failures = n;
		assert_int_equal(reconcile_backoff(&failed, NOW), pauses[n]);
		assert_int_equal(reconcile_backoff(&failed, NOW + pauses[n]), 0);
	}
	failed.n_failures = 4000000000U;
	assert_int_equal(reconcile_backoff(&failed, NOW), 3600);
	assert_int_equal(reconcile_backoff(&failed, NOW - 1), 0); /* clock set back */
	failed.state = STATE_STOPPED;
	assert_int_equal(reconcile_backoff(&failed, NOW), 0);
}

static void test_guard_stops(void **state)
{
	static const struct {
		size_t n_stops, n_running, allow_stop;
		int wanted;
	} rows[] = {
		{0, 0, 0, 0}, {1, 1, 0, 0}, {2, 2, 0, 0}, {3, 3, 0, -EXIT_REFUSED},
		{2, 5, 0, 0}, {3, 5, 0, -EXIT_REFUSED}, {3, 6, 0, 0}, {8, 16, 0, 0},
		{9, 16, 0, -EXIT_REFUSED}, {16, 16, 15, -EXIT_REFUSED}, {16, 16, 16, 0},
		{8, 16, 1, 0}, /* never less than without it */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		TMP_CTX(tmp);
		struct diags *diags = diags_new(tmp);

		assert_int_equal(apply_guard_stops(rows[i].n_stops, rows[i].n_running,
					 rows[i].allow_stop, "vcn apply", diags),
			rows[i].wanted);
		if (rows[i].wanted < 0)
			assert_non_null(strstr(diag_last(diags)->message,
				mem_printf(tmp, "vcn apply --allow-stop=%zu",
					rows[i].n_stops)));
	}
}

static void test_admission(void **state)
{
	TMP_CTX(tmp);
	struct manifest *manifest = make_manifest(tmp, 1);
	struct guest *guest = &manifest->guests[0];
	struct admission admission = {.free_mib = 2300};
	struct run_state before = {
		.state = STATE_READY, .memory_mib = 1024, .cpus = 1, .accel = ACCEL_KVM};
	struct diags *diags = diags_new(tmp);

	(void)state;
	assert_int_equal(memory_need_mib(1024, 1, ACCEL_KVM), 1024 + 96 + 8 + 16);
	assert_int_equal(memory_need_mib(1024, 1, ACCEL_TCG), 1024 + 96 + 8 + 16 + 128);
	assert_int_equal(admission_take(&admission, guest, ACCEL_KVM, 0, NULL, diags), 0);
	assert_int_equal(admission_take(&admission, guest, ACCEL_KVM, 0, NULL, diags), 0);
	assert_int_equal(admission.free_mib, 2300 - 2 * 1144);
	assert_int_equal(admission_take(&admission, guest, ACCEL_KVM, 0, NULL, diags),
		-EXIT_REJECTED);
	assert_int_equal(diags->n_errors, 1);
	/* a restart needs only what it grows by */
	guest->memory_mib = 1030;
	assert_int_equal(
		admission_take(&admission, guest, ACCEL_KVM, 0, &before, diags), 0);
	assert_int_equal(admission.free_mib, 2300 - 2 * 1144 - 6);
	guest->memory_mib = 2048;
	assert_int_equal(admission_take(&admission, guest, ACCEL_KVM, 0, &before, diags),
		-EXIT_REJECTED);
	/* and what has ended gives nothing back */
	guest->memory_mib = 1024;
	before.state = STATE_FAILED;
	assert_int_equal(admission_take(&admission, guest, ACCEL_KVM, 0, &before, diags),
		-EXIT_REJECTED);
}

/* Guests v0, v1, …, each with the address of the next one in @wants (10.0.0.wants[i]). */
static struct manifest *make_wanting(TALLOC_CTX *mem_ctx, size_t n, const uint8_t *wants)
{
	struct manifest *manifest = make_manifest(mem_ctx, n);

	for (size_t i = 0; i < n; i++) {
		struct guest_interface *nic = mem_new(mem_ctx, struct guest_interface);

		nic->bridge = "br0";
		nic->mac.bytes[5] = (uint8_t)i;
		nic->addresses = mem_new(mem_ctx, struct ip);
		nic->addresses[0] =
			(struct ip){.family = 4, .bytes = {10, 0, 0, wants[i]}};
		nic->n_addresses = 1;
		manifest->guests[i].interfaces = nic;
		manifest->guests[i].n_interfaces = 1;
	}
	return manifest;
}

/* They run, vI with 10.0.0.I. */
static void run_all(TALLOC_CTX *mem_ctx, const struct manifest *manifest, size_t n,
	struct observation *seen)
{
	for (size_t i = 0; i < n; i++) {
		const struct guest *guest = &manifest->guests[i];
		struct run_state *state =
			add_state(mem_ctx, seen, guest->name, STATE_READY, guest->digest);

		state->pid = 1;
		*mem_push(mem_ctx, &state->on_wire, &state->n_on_wire) =
			mem_printf(mem_ctx, "address 10.0.0.%zu on br0", i);
	}
}

static void test_succession(void **state)
{
	/* v0 and v1 exchange; v2 takes what v3 gives up, v3 what is free, v4 what it has */
	static const uint8_t wants[] = {1, 0, 3, 9, 4, 2};
	TMP_CTX(tmp);
	struct manifest *manifest = make_wanting(tmp, 6, wants);
	struct observation seen = {0};
	struct plan plan;
	const char *what;
	size_t *places;

	(void)state;
	run_all(tmp, manifest, 5, &seen);
	add_state(tmp, &seen, "v5", STATE_STOPPED, NULL);
	reconcile_plan(tmp, manifest, &seen, true, NOW, &plan);
	assert_string_equal(describe(tmp, &plan),
		"restart v0, restart v1, restart v2, restart v3, start v5");
	struct succession *s = succession_new(tmp, &plan);

	assert_int_equal(succession_circle(tmp, s, 0, &places), 2);
	assert_int_equal(places[1], 1);
	assert_int_equal(succession_circle(tmp, s, 2, &places), 0);
	assert_int_equal(succession_circle(tmp, s, 3, &places), 1);
	assert_false(succession_may_start(s, 4));
	succession_gave(s, 3);
	assert_int_equal(succession_circle(tmp, s, 2, &places), 1);
	succession_keeps(s, 2);
	assert_true(succession_may_start(s, 4)); /* it waits by itself */
	assert_string_equal(succession_keeper(s, 4, &what)->name, "v2");
	assert_string_equal(what, "address 10.0.0.2 on br0");
	assert_null(succession_keeper(s, 0, &what));
	/* who waits runs with nothing, and with nobody's address it is no change */
	seen.states[3]->pid = 0;
	assert_false(
		reconcile_is_outdated(manifest, &manifest->guests[3], seen.states[3]));
	assert_true(
		reconcile_is_outdated(manifest, &manifest->guests[2], seen.states[2]));
	manifest->guests[5].is_enabled = false;
	assert_false(
		reconcile_is_outdated(manifest, &manifest->guests[2], seen.states[2]));
}

/* v0 gets the file that v1 writes to and gives up. */
static void test_files(void **state)
{
	static const uint8_t wants[] = {0, 1};
	TMP_CTX(tmp);
	struct manifest *manifest = make_wanting(tmp, 2, wants);
	struct observation seen = {0};
	struct plan plan;
	const char *what;
	size_t *places;

	(void)state;
	run_all(tmp, manifest, 2, &seen);
	manifest->guests[0].image.path = "/images/a";
	for (size_t i = 0; i < 2; i++)
		manifest->guests[i].image.snapshot = true;
	*mem_push(tmp, &seen.states[1]->on_disk, &seen.states[1]->n_on_disk) =
		"file /images/a";
	assert_false(
		reconcile_is_outdated(manifest, &manifest->guests[1], seen.states[1]));
	manifest->guests[0].image.snapshot = false;
	assert_true(
		reconcile_is_outdated(manifest, &manifest->guests[1], seen.states[1]));
	seen.states[0]->digest = "before";
	reconcile_plan(tmp, manifest, &seen, true, NOW, &plan);
	struct succession *s = succession_new(tmp, &plan);

	assert_int_equal(succession_circle(tmp, s, 0, &places), 0);
	succession_keeps(s, 1);
	assert_string_equal(succession_keeper(s, 0, &what)->name, "v1");
	assert_string_equal(what, "file /images/a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_nothing_to_do),
		cmocka_unit_test(test_succession),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_backoff),
		cmocka_unit_test(test_guard_stops),
		cmocka_unit_test(test_admission),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
