/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "ldapcc/import/import.h"

/* hosts(5) and ethers(5): words on a line, and `#` to its end. */

enum { FILE_MAX = 256 * 1024 * 1024 };

struct lines {
	const char *file;
	char **items;
	size_t n, at;
	unsigned column; /* of the first word of the last line that had one */
};

/* All lines, also empty ones, so that they can be counted. */
static int read_lines(struct import *im, const char *path, struct lines *ret)
{
	char *text;
	size_t len;
	int failed =
		file_read(im->mem_ctx, path, EXIT_IO, FILE_MAX, im->diags, &text, &len);

	if (failed < 0)
		return failed;
	import_check_own(im, path, text, len);
	*ret = (struct lines){.file = mem_strdup(im->diags, path)};
	while (text != NULL) {
		char *newline = strchr(text, '\n');

		if (newline != NULL)
			*newline = '\0';
		text[strcspn(text, "#\r")] = '\0';
		*mem_push(im->mem_ctx, &ret->items, &ret->n) = text;
		text = newline == NULL ? NULL : newline + 1;
	}
	return 0;
}

static char **next_words(struct import *im, struct lines *lines, size_t *ret_n)
{
	char **words = NULL;

	for (*ret_n = 0; *ret_n == 0 && lines->at < lines->n; lines->at++) {
		const char *text = lines->items[lines->at];

		words = text_split_blank(im->mem_ctx, text, ret_n);
		lines->column = (unsigned)strspn(text, " \t") + 1;
	}
	return words;
}

int import_hosts(struct import *im, const char *path)
{
	struct lines lines;
	int failed = read_lines(im, path, &lines);
	size_t n;

	for (char **words; failed == 0 && (words = next_words(im, &lines, &n), n > 0);) {
		struct import_line line = {.names = words + 1,
			.n_names = n - 1,
			.where = loc_at(lines.file, (unsigned)lines.at, lines.column)};

		if (!ip_parse(words[0], &line.ip))
			import_left(im, line.where, "'%s' is no address", words[0]);
		else if (n < 2)
			import_left(im, line.where, "an address without a name");
		else if (ip_unusable(line.ip) != NULL || ip_is_link_local(line.ip))
			diag_add(im->diags, SEVERITY_NOTE, NULL, line.where,
				"%s is no address of a host: passed over", words[0]);
		else
			*mem_push(im->mem_ctx, &im->lines, &im->n_lines) = line;
	}
	return failed;
}

int import_ethers(struct import *im, const char *path)
{
	struct lines lines;
	int failed = read_lines(im, path, &lines);
	size_t n;

	for (char **words; failed == 0 && (words = next_words(im, &lines, &n), n > 0);) {
		struct loc where = loc_at(lines.file, (unsigned)lines.at, lines.column);
		struct mac mac;
		struct ip ip;

		if (n != 2 || !mac_parse(words[0], &mac)) {
			import_left(im, where, "is no line MAC NAME");
			continue;
		}
		bool is_address = ip_parse(words[1], &ip);
		struct import_host *host = is_address ? import_host_at(im, ip)
						      : import_find_host(im, words[1]);

		if (host == NULL)
			host = import_add_host(im, words[1], where);
		if (is_address)
			import_add_ip(im, host, ip);
		import_add_mac(im, host, mac);
		host->has_dhcp = true;
		host->is_by_name = true;
	}
	return failed;
}
