/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/inputs.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/trailer.h"

static void add_stat(struct buffer *b, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		buffer_printf(b, "%s %llu %llu %lld.%09ld\n", path,
			(unsigned long long)st.st_ino, (unsigned long long)st.st_size,
			(long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void add_folder(struct buffer *b, const char *folder)
{
	TMP_CTX(tmp);
	struct dirent **names = NULL;
	int n = scandir(folder, &names, is_visible, alphasort);

	for (int i = 0; i < n; i++) {
		add_stat(b, mem_printf(tmp, "%s/%s", folder, names[i]->d_name));
		free(names[i]);
	}
	free(names);
}

const char *inputs_of_settings(TALLOC_CTX *mem_ctx, const char *path)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);

	add_stat(b, path == NULL ? LDAPCC_SYSCONFDIR "/ldapcc.yaml" : path);
	return mem_strdup(mem_ctx, b->data);
}

const char *inputs_hash(TALLOC_CTX *mem_ctx, const struct settings *settings,
	const char *settings_as_it_was, const char *datadir)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);
	const struct string_list *folders = &settings->templates;
	uint8_t digest[SHA256_BYTES];
	char text[SHA256_TEXT_MAX];

	buffer_printf(b, "%s\n%s", LDAPCC_VERSION, settings_as_it_was);
	add_stat(b, "/proc/self/exe");
	for (size_t i = 0; i < folders->n; i++)
		add_folder(b, folders->items[i]);
	add_folder(b, mem_printf(tmp, "%s/templates", datadir));
	add_folder(b, mem_printf(tmp, "%s/schema/maps", datadir));
	if (strchr(settings->directory.schema, '/') != NULL)
		add_stat(b, settings->directory.schema);
	for (size_t i = 0; i < settings->directory.also.n; i++)
		add_stat(b, settings->directory.also.items[i]);
	sha256(b->data, b->len, digest);
	return mem_strdup(mem_ctx, sha256_text(digest, text));
}
