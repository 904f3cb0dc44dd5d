/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The bare libldap pull that ldapcc is compared with: one unpaged search for the same
 * attributes, one message at a time, every value looked at, nothing kept.
 *
 *	bench-pull URI BASE FILTER ATTRIBUTE…
 */

#include <stdio.h>
#include <stdlib.h>

#include <ldap.h>

static size_t take_entry(LDAP *ld, LDAPMessage *message)
{
	BerElement *ber = NULL;
	struct berval dn, name;
	BerVarray values = NULL;
	size_t bytes = 0;

	if (ldap_get_dn_ber(ld, message, &ber, &dn) != LDAP_SUCCESS)
		return 0;
	while (ldap_get_attribute_ber(ld, message, ber, &name, &values) == LDAP_SUCCESS &&
		name.bv_val != NULL) {
		for (size_t i = 0; values != NULL && values[i].bv_val != NULL; i++)
			bytes += values[i].bv_len;
		ldap_memfree(values);
		values = NULL;
	}
	ber_free(ber, 0);
	return bytes;
}

static int pull(LDAP *ld, int id, size_t *ret_n, size_t *ret_bytes)
{
	LDAPMessage *message;
	int type;

	while ((type = ldap_result(ld, id, LDAP_MSG_ONE, NULL, &message)) ==
		LDAP_RES_SEARCH_ENTRY) {
		*ret_bytes += take_entry(ld, message);
		(*ret_n)++;
		ldap_msgfree(message);
	}
	if (type > 0)
		ldap_msgfree(message);
	return type == LDAP_RES_SEARCH_RESULT ? 0 : -1;
}

int main(int argc, char **argv)
{
	char nothing[] = "";
	struct berval none = {0, nothing};
	int version = LDAP_VERSION3, id;
	size_t n = 0, bytes = 0;
	LDAP *ld;

	if (argc < 5 || ldap_initialize(&ld, argv[1]) != LDAP_SUCCESS)
		return EXIT_FAILURE;
	ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	if (ldap_sasl_bind_s(ld, NULL, "EXTERNAL", &none, NULL, NULL, NULL) !=
		LDAP_SUCCESS)
		return EXIT_FAILURE;
	if (ldap_search_ext(ld, argv[2], LDAP_SCOPE_SUBTREE, argv[3], argv + 4, 0, NULL,
		    NULL, NULL, LDAP_NO_LIMIT, &id) != LDAP_SUCCESS)
		return EXIT_FAILURE;
	int failed = pull(ld, id, &n, &bytes);

	printf("%zu entries, %zu bytes\n", n, bytes);
	ldap_unbind_ext_s(ld, NULL, NULL);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
