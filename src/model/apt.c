/* SPDX-License-Identifier: Apache-2.0 */
#include "model/apt.h"

#include <string.h>

#include "base/text.h"
#include "base/url.h"

/* @url in its parts below @arena; the port is the host's. */
static struct apt_mirror mirror_of(struct arena *arena, const char *url)
{
	const char *colon = strstr(url, "://"), *host = colon == NULL ? url : colon + 3;
	size_t len = strcspn(host, "/");

	return (struct apt_mirror){
		.protocol = arena_strndup(
			arena, url, colon == NULL ? 0 : (size_t)(colon - url)),
		.host = arena_strndup(arena, host, len),
		.folder = host[len] == '\0' ? "/" : host + len,
	};
}

const char *apt_host_of(struct arena *arena, const char *url)
{
	size_t len;
	const char *host = url_host(url, &len);

	return arena_strndup(arena, host, len);
}

bool apt_is_pinned(const struct repository *repository)
{
	return repository->pin_priority > 0 || repository->includes.n > 0 ||
	       repository->excludes.n > 0;
}

static struct strings components_of(
	struct arena *arena, const struct repository *repository, const char *suite)
{
	static const char *const only = "main";
	struct strings components = repository->components;

	if (text_has_suffix(suite, "/"))
		return (struct strings){0};
	if (components.n > 0)
		return components;
	components.items = arena_alloc(arena, sizeof(const char *));
	components.items[0] = only;
	components.n = 1;
	return components;
}

/* A repository without a key or a URL: lint has refused the profile. */
static bool is_source(const struct repository *repository)
{
	return repository->base_urls.n > 0 && repository->gpg_keys.n > 0;
}

void apt_plan(struct site *site, struct profile *profile, const struct release *release)
{
	struct arena *arena = site->arena;

	profile->sources = arena_alloc(
		arena, (profile->n_repositories + 1) * sizeof(struct apt_source));
	profile->n_sources = 0;
	profile->mirror = arena_alloc(arena, sizeof(struct apt_mirror));
	if (profile->install_url != NULL)
		*profile->mirror = mirror_of(arena, profile->install_url);
	for (uint32_t i = 0; i < profile->n_repositories; i++) {
		struct repository *repository = profile->repositories[i];

		if (!is_source(repository))
			continue;
		struct apt_source *source = &profile->sources[profile->n_sources];

		*source = (struct apt_source){.number = profile->n_sources++,
			.repository = repository,
			.url = repository->base_urls.items[0],
			.suite = repository->suite != NULL ? repository->suite
							   : release->codename,
			.key = repository->gpg_keys.items[0],
			.is_pinned = apt_is_pinned(repository)};
		source->host = apt_host_of(arena, source->url);
		source->components = components_of(arena, repository, source->suite);
	}
}
