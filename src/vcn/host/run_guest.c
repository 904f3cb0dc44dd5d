/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/run_guest.h"

#include <stdlib.h>
#include <string.h>

#include "base/guest_value.h"

/* The place of @name: the manifest's credential of that name, else a new one. */
static struct guest_credential *place_of(struct guest *guest, const char *name)
{
	for (size_t i = 0; i < guest->n_credentials; i++)
		if (strcmp(guest->credentials[i].name, name) == 0)
			return &guest->credentials[i];
	return guest->n_credentials == CREDENTIALS_MAX
		       ? NULL
		       : &guest->credentials[guest->n_credentials++];
}

static int add_credential(struct session *s, struct guest *guest, const char *word)
{
	size_t len = strcspn(word, ":");
	const char *why = credential_name_fault(word, len);
	char *name = mem_strndup(s->mem_ctx, word, len);
	/* libc's memory: a path as long as the file system allows */
	char *path = word[len] == ':' ? realpath(word + len + 1, NULL) : NULL;

	if (why == NULL && word[len] != ':')
		why = "is not NAME:FILE";
	if (why == NULL && path == NULL)
		why = "names no file";
	struct guest_credential *place = why == NULL ? place_of(guest, name) : NULL;

	if (why == NULL && place == NULL)
		why = "is one too many";
	if (why == NULL)
		*place = (struct guest_credential){.name = name,
			.path = mem_strdup(s->mem_ctx, path),
			.is_own = true};
	free(path);
	return why == NULL ? 0
			   : diag_fail(s->diags, EXIT_USAGE, LOC_NONE,
				     "--credential '%s' %s", word, why);
}

int run_guest(
	struct session *s, const struct guest *guest, const struct guest **ret_guest)
{
	const struct program_texts *words = &s->arguments.credentials;
	const char *why =
		s->arguments.seed == NULL ? NULL : seed_fault(s->arguments.seed);
	struct guest *copy = mem_new(s->mem_ctx, struct guest);
	int r = 0;

	if (why != NULL)
		return diag_fail(s->diags, EXIT_USAGE, LOC_NONE, "--seed '%s' %s",
			s->arguments.seed, why);
	*copy = *guest;
	if (s->arguments.seed != NULL)
		copy->seed = s->arguments.seed;
	copy->credentials = mem_array(copy, struct guest_credential, CREDENTIALS_MAX);
	for (size_t i = 0; i < guest->n_credentials; i++)
		copy->credentials[i] = guest->credentials[i];
	for (size_t i = 0; r == 0 && i < words->n; i++)
		r = add_credential(s, copy, words->items[i]);
	*ret_guest = copy;
	return r;
}
