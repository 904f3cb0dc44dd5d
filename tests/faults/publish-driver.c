/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One run of `ldapcc apply` over a tree made by hand, for tests that kill it.
 *
 *	publish-driver ROOT a|b|recover [MANIFESTS]
 *
 * a and b are two trees; recover does what a run does before it reads the directory.
 * Targets tell ROOT/reload of a change. The exit code is ldapcc's.
 */

#include "../unit/publish-fixture.h"

#include "base/text.h"

enum { MANIFESTS = 3, FILES_MAX = 1000 };

static struct fixture_file files[FILES_MAX];
static size_t n_files;

static void add(enum fixture_target target, const char *path, const char *body)
{
	files[n_files++] = (struct fixture_file){target, path, body};
}

/* From a to b: hosts, dhcpd and the even manifests change, the first goes, one is new. */
static void make_tree(struct fixture *f, bool is_b, size_t n)
{
	add(T_DNSMASQ, "/etc/dnsmasq.d/ldapcc.conf", "local=/c.example/\n");
	add(T_HOSTS, "/srv/ldapcc/hosts", is_b ? "10.0.0.2 b\n" : "10.0.0.1 a\n");
	add(T_DHCPD, "/etc/dhcp/ldapcc.conf",
		is_b ? "option x \"b\";\n" : "option x \"a\";\n");
	for (size_t i = is_b ? 1 : 0; i < (is_b ? n + 1 : n); i++)
		add(T_MANIFEST, mem_printf(f, "/srv/vcn/manifests/n%03zu.yaml", i),
			mem_printf(f, "serial: @SERIAL@\nhost: \"n%zu%s\"\n", i,
				is_b && i % 2 == 0 ? " changed" : ""));
}

static void set_actions(struct fixture *f)
{
	const char *check[] = {"true", "{main}", NULL};
	const char *check_tree[] = {"true", "{tree}", NULL};
	const char *reload[] = {file_join(f, f->root, "reload"), NULL};

	f->targets[T_DHCPD].main = "/etc/dhcp/dhcpd.conf";
	f->targets[T_DHCPD].check = fixture_words(f, check);
	f->targets[T_MANIFEST].check = fixture_words(f, check_tree);
	f->targets[T_HOSTS].on_change = (struct action){
		.kind = ACTION_COMMAND, .words = fixture_words(f, reload)};
	f->targets[T_DHCPD].on_change = f->targets[T_HOSTS].on_change;
}

static int run(struct fixture *f, const char *tree, size_t n)
{
	TMP_CTX(tmp);
	struct state *state;

	set_actions(f);
	if (strcmp(tree, "recover") == 0)
		return -fixture_open(f, tmp, &state);
	f->now = strcmp(tree, "b") == 0 ? 2000000 : 1000000;
	make_tree(f, strcmp(tree, "b") == 0, n);
	return fixture_apply(f, files, n_files, NULL);
}

int main(int argc, char **argv)
{
	TMP_CTX(tmp);
	uint64_t n = MANIFESTS;

	if (argc < 3 || (argc > 3 && !text_parse_u64(argv[3], FILES_MAX - 10, &n)))
		return EXIT_USAGE;
	struct fixture *f = fixture_new(tmp, argv[1]);
	int code = run(f, argv[2], n);

	diags_print(stderr, f->diags, &(struct diag_style){0});
	return code;
}
