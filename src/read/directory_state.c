/* SPDX-License-Identifier: Apache-2.0 */

#include "read/directory_state.h"

#include <string.h>

#include <ldap.h>

#include "base/text.h"
#include "read/csn.h"
#include "read/places.h"

/* Values of a lookup, as state_start() asks for them. */
enum { VALUE_CSN, VALUE_ENTRY_CSN, VALUE_SUBSCHEMA };

static int start_base(struct session *s, const char *base, struct base_state *state)
{
	for (const char *dn = base; dn && state->n < ANCESTORS_MAX; dn = dn_above(dn)) {
		struct lookup *lookup = &state->lookups[state->n++];

		*lookup = (struct lookup){.dn = dn,
			.attributes = {"contextCSN", "entryCSN", "subschemaSubentry"}};
		if (session_lookup_start(s, lookup))
			return -1;
	}
	return 0;
}

int state_start(struct session *s, struct state_lookup *state)
{
	const struct string_list *bases = &s->settings->bases;

	*state =
		(struct state_lookup){.bases = mem_array(s, struct base_state, bases->n)};
	for (size_t i = 0; i < bases->n; i++)
		if (start_base(s, bases->items[i], &state->bases[i]))
			return -1;
	return 0;
}

static int finish_base(struct session *s, struct base_state *state)
{
	for (size_t i = 0; i < state->n; i++) {
		struct lookup *lookup = &state->lookups[i];

		if (session_lookup_finish(s, lookup))
			return -1;
		if (!state->suffix && lookup->values[VALUE_CSN].n > 0)
			state->suffix = lookup;
	}
	return 0;
}

/* USNs: the root DSE of 389 Directory Server */

static void take_usn(struct session *s, LDAPMessage *entry, struct string_list *csn)
{
	static const char name[] = "lastusn";
	BerElement *ber = NULL;

	for (char *attribute = ldap_first_attribute(s->ld, entry, &ber); attribute;
		attribute = ldap_next_attribute(s->ld, entry, ber)) {
		struct berval **values = ldap_get_values_len(s->ld, entry, attribute);

		if (strncasecmp(attribute, name, strlen(name)) == 0 && values &&
			values[0])
			*mem_push(s, &csn->items, &csn->n) =
				csn_of_usn(s, values[0]->bv_val, s->endpoint->uri,
					attribute + strlen(name));
		ldap_value_free_len(values);
		ldap_memfree(attribute);
	}
	ber_free(ber, 0);
}

/* `lastusn;userroot: 1234`, one for each backend, where the USN plugin is on. */
static int read_usn(struct session *s, struct string_list *csn)
{
	static char name[] = "lastusn";
	char *attributes[] = {name, NULL};
	LDAPMessage *message;
	int id, type;

	if (ldap_search_ext(s->ld, "", LDAP_SCOPE_BASE, "(objectClass=*)", attributes, 0,
		    NULL, NULL, NULL, LDAP_NO_LIMIT, &id) != LDAP_SUCCESS)
		return session_fail(s, "%s: the root DSE cannot be asked for", s->doing);
	do {
		if (session_next(s, id, &message))
			return -1;
		type = ldap_msgtype(message);
		if (type == LDAP_RES_SEARCH_ENTRY)
			take_usn(s, message, csn);
		ldap_msgfree(message);
	} while (type != LDAP_RES_SEARCH_RESULT);
	return 0;
}

/* The state that all bases have in common. */
static const struct lookup *common_suffix(
	const struct session *s, const struct state_lookup *state)
{
	const struct lookup *suffix = state->bases[0].suffix;

	for (size_t i = 1; i < s->settings->bases.n; i++) {
		const struct lookup *other = state->bases[i].suffix;

		if (!suffix || !other || !text_equal_case(other->dn, suffix->dn))
			return NULL;
	}
	return suffix;
}

int state_finish(struct session *s, struct state_lookup *state)
{
	bool has_csn = false;

	for (size_t i = 0; i < s->settings->bases.n; i++) {
		if (finish_base(s, &state->bases[i]))
			return -1;
		has_csn |= state->bases[i].suffix != NULL;
	}
	const struct lookup *suffix = common_suffix(s, state);

	if (suffix)
		state->csn = suffix->values[VALUE_CSN];
	else if (!has_csn && read_usn(s, &state->csn))
		return -1;
	csn_sort(&state->csn);
	return 0;
}

int state_read(struct session *s, struct string_list *ret_csn)
{
	struct state_lookup state;

	s->doing = "reading the state";
	if (state_start(s, &state) || state_finish(s, &state))
		return -1;
	*ret_csn = state.csn;
	return 0;
}

int state_drop_frozen(struct session *s, struct string_list *csn)
{
	struct lookup sync = {.dn = s->settings->bases.items[0],
		.needs_sync = true,
		.attributes = {"1.1"}};

	if (csn->n == 0 || csn_is_usn(csn))
		return 0;
	s->doing = "asking whether contextCSN is kept up";
	if (session_lookup_start(s, &sync) || session_lookup_finish(s, &sync))
		return -1;
	if (sync.is_unsupported)
		*csn = (struct string_list){0};
	return 0;
}

bool state_has_entry_csn(const struct state_lookup *state)
{
	return state->bases[0].lookups[0].values[VALUE_ENTRY_CSN].n > 0;
}

const char *state_subschema(const struct state_lookup *state)
{
	const struct string_list *dn =
		&state->bases[0].lookups[0].values[VALUE_SUBSCHEMA];

	return dn->n > 0 ? dn->items[0] : "cn=Subschema";
}
