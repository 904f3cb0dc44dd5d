/* SPDX-License-Identifier: Apache-2.0 */
#include "model/disk.h"

#include <string.h>

#include "base/text.h"

enum { SIZE_MAX_GB = 1000000000 };

static bool is_link(const char *text)
{
	return text_has_prefix(text, "/dev/disk/by-id/") ||
	       text_has_prefix(text, "/dev/disk/by-path/");
}

/* NAME-part1, as udev calls it */
static bool is_partition(const char *text)
{
	size_t len = strlen(text), n = len;

	while (n > 0 && strchr(TEXT_DIGITS, text[n - 1]) != NULL)
		n--;
	return n < len && n > strlen("-part") &&
	       memcmp(text + n - strlen("-part"), "-part", strlen("-part")) == 0;
}

/* Whole disks, as the kernel's drivers call theirs. */
static bool is_kernel_name(const char *text)
{
	static const struct {
		const char *driver, *unit;
	} rows[] = {
		{"sd", TEXT_LETTERS},
		{"hd", TEXT_LETTERS},
		{"vd", TEXT_LETTERS},
		{"xvd", TEXT_LETTERS},
		{"dasd", TEXT_LETTERS},
		{"nvme", TEXT_DIGITS "n"},
		{"mmcblk", TEXT_DIGITS},
		{"pmem", TEXT_DIGITS},
		{"cciss", TEXT_DIGITS "!/cd"},
		{"mapper/", TEXT_LETTERS TEXT_DIGITS "_.-"},
		{"md/", TEXT_LETTERS TEXT_DIGITS "_.-"},
		{"md", TEXT_DIGITS},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *unit = text + strlen(rows[i].driver);

		if (text_has_prefix(text, rows[i].driver) && *unit != '\0' &&
			unit[strspn(unit, rows[i].unit)] == '\0')
			return true;
	}
	return false;
}

bool disk_is_device(const char *text)
{
	static const char known[] = TEXT_LETTERS TEXT_DIGITS "_.:+@!-";

	if (is_partition(text))
		return false;
	if (is_link(text)) {
		const char *name = strrchr(text, '/') + 1;

		return *name != '\0' && name[strspn(name, known)] == '\0' &&
		       strchr(text + strlen("/dev/disk/by-"), '/') == name - 1;
	}
	return is_kernel_name(text);
}

/* MIN-MAX, of which either may be missing */
static bool is_span(const char *text)
{
	TMP_CTX(tmp);
	const char *dash = strchr(text, '-');
	uint64_t min = 0, max = SIZE_MAX_GB;

	if (dash == NULL || text[1] == '\0')
		return false;
	return (dash == text ||
		       text_parse_u64(mem_strndup(tmp, text, (size_t)(dash - text)),
			       SIZE_MAX_GB, &min)) &&
	       (dash[1] == '\0' || text_parse_u64(dash + 1, SIZE_MAX_GB, &max)) &&
	       min <= max;
}

bool disk_is_rule(const char *text)
{
	if (text_has_prefix(text, "serial=")) {
		text += strlen("serial=");
		return *text != '\0' &&
		       text[strspn(text, TEXT_LETTERS TEXT_DIGITS "_.:-")] == '\0';
	}
	if (text_has_prefix(text, "size="))
		return is_span(text + strlen("size="));
	return strcmp(text, "smallest") == 0 || strcmp(text, "largest") == 0;
}

const struct strings *disk_values(const struct machine *host)
{
	static const struct strings none;

	if (host->install->own_disks.n > 0)
		return &host->install->own_disks;
	return host->profile == NULL ? &none : &host->profile->install_disks;
}

/* Sections without an end have no place for a %pre before the commands that need it. */
enum disk_choice disk_choose(const struct machine *host, const struct release *release)
{
	const struct strings *values = disk_values(host);
	bool are_devices = values->n > 0;

	for (uint32_t i = 0; i < values->n; i++)
		are_devices &= disk_is_device(values->items[i]) &&
			       (release->knows_disk_links || !is_link(values->items[i]));
	if (are_devices)
		return DISK_NAMED;
	return release->needs_end ? DISK_FOUND : DISK_ASKED;
}
