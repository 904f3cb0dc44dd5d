/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lint_rules.h"

#include <string.h>

#include "base/text.h"
#include "model/apt.h"

/*
 * Profiles of Debian and Ubuntu. A repository that apt cannot use is a fault of the profile
 * that uses it: others may well install from it.
 */

static void refuse(struct reporter *r, struct profile *profile,
	struct repository *repository, enum field_id field, enum check check,
	const char *why)
{
	struct finding *finding = check_report(r, check, &profile->record,
		FIELD_REPOSITORY, "'%s' %s", repository->record.name, why);

	lint_note(r, finding, &repository->record, field, "this repository");
}

static void check_kind(
	struct reporter *r, struct profile *profile, struct repository *repository)
{
	if (repository->mirror_list != NULL || repository->metalink != NULL)
		refuse(r, profile, repository,
			repository->metalink != NULL ? FIELD_METALINK : FIELD_MIRROR_LIST,
			CHECK_BAD_VALUE, "is a list of mirrors, which apt cannot use");
	else if (repository->base_urls.n > 0 &&
		 strchr(repository->base_urls.items[0], '$') != NULL)
		refuse(r, profile, repository, FIELD_BASE_URL, CHECK_BAD_VALUE,
			"has a variable of yum in its URL, which apt leaves as it is");
	if (repository->gpg_keys.n == 0 &&
		!record_refused(&repository->record, FIELD_GPG_KEY))
		refuse(r, profile, repository, FIELD_NAME, CHECK_MISSING_ATTRIBUTE,
			"has no vocGPGKey: apt installs nothing from it");
}

static bool is_key_file(const char *url)
{
	return text_has_suffix(url, ".asc") || text_has_suffix(url, ".gpg");
}

/* What is left out, and the repository is used without it. */
static void check_options(struct reporter *r, struct profile *profile,
	const struct release *release, struct repository *repository)
{
	bool is_preseed = release->installer == INSTALLER_PRESEED;
	bool has_key = repository->gpg_keys.n > 0;
	const struct {
		bool is_used;
		enum field_id field;
		const char *what;
	} rows[] = {
		{repository->cost >= 0, FIELD_COST, "a cost (vocPinPriority is apt's)"},
		{repository->base_urls.n > 1, FIELD_BASE_URL, "a second base URL"},
		{repository->gpg_keys.n > 1, FIELD_GPG_KEY, "a second key"},
		{is_preseed && has_key && !is_key_file(repository->gpg_keys.items[0]),
			FIELD_GPG_KEY, "keys but in files named .asc and .gpg"},
		{!is_preseed && has_key &&
				text_has_suffix(repository->gpg_keys.items[0], ".gpg"),
			FIELD_GPG_KEY, "keys that are not armoured (.asc)"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].is_used)
			continue;
		struct finding *finding =
			check_report(r, CHECK_REPO_OPTION, &repository->record,
				rows[i].field, "the installer of %s does not know %s",
				profile->version, rows[i].what);

		lint_note(r, finding, &profile->record, FIELD_VERSION,
			"this profile uses it");
	}
}

static const char *host_of(struct reporter *r, const char *url)
{
	return url == NULL ? NULL : apt_host_of(r->site->arena, url);
}

static bool is_same_host(const char *own, const char *other)
{
	return own != NULL && other != NULL && text_equal_case(own, other);
}

/* apt's pins tell repositories apart by their host, whatever its port. */
static void check_pins(
	struct reporter *r, struct profile *profile, struct repository *repository)
{
	const char *own, *other = host_of(r, profile->install_url);
	struct record *record = &profile->record;

	if (!apt_is_pinned(repository) || repository->base_urls.n == 0)
		return;
	own = host_of(r, repository->base_urls.items[0]);
	for (uint32_t i = 0; !is_same_host(own, other); i++) {
		if (i == profile->n_repositories)
			return;
		struct repository *next = profile->repositories[i];

		if (next == repository || next->base_urls.n == 0)
			continue;
		other = host_of(r, next->base_urls.items[0]);
		record = &next->record;
	}
	struct finding *finding = check_report(r, CHECK_REPO_OPTION, &repository->record,
		repository->pin_priority > 0 ? FIELD_PIN_PRIORITY
		: repository->includes.n > 0 ? FIELD_INCLUDE
					     : FIELD_EXCLUDE,
		"apt knows repositories by their host: what is said of '%s' holds for all "
		"of '%s'",
		repository->record.name, own);

	lint_note(r, finding, record,
		record == &profile->record ? FIELD_INSTALL_URL : FIELD_BASE_URL,
		"is of that host, too");
}

static void check_mirror(struct reporter *r, struct profile *profile)
{
	if (profile->nfs_server != NULL)
		check_report(r, CHECK_BAD_VALUE, &profile->record, FIELD_INSTALL_URL,
			"the installer of %s takes its packages by http, https and ftp",
			profile->version);
}

void lint_apt(struct reporter *r, struct profile *profile, const struct release *release)
{
	check_mirror(r, profile);
	for (uint32_t i = 0; i < profile->n_repositories; i++) {
		struct repository *repository = profile->repositories[i];

		if (repository->record.name == NULL)
			continue;
		check_kind(r, profile, repository);
		check_options(r, profile, release, repository);
		check_pins(r, profile, repository);
	}
	if (release->installer == INSTALLER_PRESEED &&
		profile->n_repositories > PRESEED_SOURCES_MAX)
		check_report(r, CHECK_BAD_VALUE, &profile->record, FIELD_REPOSITORY,
			"the installer of %s takes %d repositories", profile->version,
			PRESEED_SOURCES_MAX);
	for (uint32_t i = 0; i < profile->removed.n; i++)
		if (profile->removed.items[i][0] == '@')
			check_report(r, CHECK_REPO_OPTION, &profile->record,
				FIELD_PACKAGE,
				"the installer of %s leaves out no tasks: '-%s'",
				profile->version, profile->removed.items[i]);
}
