/* SPDX-License-Identifier: Apache-2.0 */
#include "base/guest_value.h"

#include <string.h>

#include "base/text.h"
#include "base/url.h"

enum {
	DISK_NAME_MAX = 20, /* of the serial number of a virtio disk */
	CREDENTIAL_NAME_MAX = 255, /* of a file */
	SEED_MAX = 1000,
	IFNAME_MAX = 15,
	/* q35 has 32 slots, its bridges two; the launcher's own: entropy, panic, balloon */
	SLOTS_MAX = 32 - 2 - 3,
};

unsigned guest_interfaces_max(size_t n_disks, bool has_readiness)
{
	size_t taken = n_disks + (has_readiness ? 1 : 0);

	return taken < SLOTS_MAX ? (unsigned)(SLOTS_MAX - taken) : 0;
}

static bool is_word(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && strncmp(text, word, len) == 0;
}

const char *disk_name_fault(const char *name, size_t len)
{
	if (len == 0 || len > DISK_NAME_MAX)
		return "has no name of 1 to 20 characters";
	if (strspn(name, TEXT_LETTERS TEXT_DIGITS "_.-") < len ||
		strchr("_.-", name[0]) != NULL)
		return "has a name of other characters than letters, digits and _ . -";
	if (is_word(name, len, "vcnroot"))
		return "has the name of the image's own disk";
	return NULL;
}

const char *credential_name_fault(const char *name, size_t len)
{
	if (len == 0 || len > CREDENTIAL_NAME_MAX)
		return "has no name of 1 to 255 characters";
	if (strspn(name, TEXT_LETTERS TEXT_DIGITS "_.-@") < len || name[0] == '.')
		return "has a name of other characters than letters, digits and _ . - @";
	if (is_word(name, len, "vmm.notify_socket"))
		return "has the name by which vcn says where readiness is reported";
	return NULL;
}

const char *ifname_fault(const char *name)
{
	if (*name == '\0')
		return "is no name of a network interface";
	if (strlen(name) > IFNAME_MAX)
		return "is longer than an interface name can be (15)";
	if (strpbrk(name, "/:% ") != NULL || strcmp(name, ".") == 0 ||
		strcmp(name, "..") == 0)
		return "is no name of a network interface: it has no / : % or blank";
	return NULL;
}

/* What follows the scheme; NULL: it has none of these. cloud-init wants them in small letters. */
static const char *behind_scheme(const char *url)
{
	static const char *const schemes[] = {"http://", "https://", "ftp://"};

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (text_has_prefix(url, schemes[i]))
			return url + strlen(schemes[i]);
	return NULL;
}

const char *seed_fault(const char *url)
{
	const char *rest = behind_scheme(url);

	if (rest == NULL || !url_has_host(rest))
		return "is no URL (http, https or ftp, and a host)";
	if (strlen(url) > SEED_MAX)
		return "is longer than 1000 characters";
	for (const char *at = url; *at != '\0'; at++)
		if (*at <= ' ' || *at > '~' || strchr("\"'\\,;#<>", *at) != NULL)
			return "contains a blank, a quote, or one of \\ , ; # < >: write "
			       "it as %XX";
	if (!url_has_good_escapes(url))
		return "has a % without two hexadecimal digits behind it";
	return NULL;
}

/* A number below the bound, without sign; moves *at behind it. */
static bool take_cpu(const char **at, unsigned *ret)
{
	size_t len = strspn(*at, "0123456789");

	*ret = 0;
	if (len == 0 || len > 4)
		return false;
	for (size_t i = 0; i < len; i++)
		*ret = *ret * 10 + (unsigned)((*at)[i] - '0');
	*at += len;
	return *ret < CPU_LIST_MAX;
}

const char *cpu_list_parse(const char *text, struct cpu_list *ret)
{
	static const char why[] =
		"is no list of processors such as 0-3,8, each below 1024, "
		"ascending";
	const char *at = text;
	unsigned first, last;

	*ret = (struct cpu_list){.n = 0};
	for (;;) {
		if (!take_cpu(&at, &first))
			return why;
		last = first;
		if (*at == '-' && (at++, !take_cpu(&at, &last)))
			return why;
		if (last < first || (ret->n > 0 && first <= ret->items[ret->n - 1]))
			return why;
		for (unsigned cpu = first; cpu <= last; cpu++)
			ret->items[ret->n++] = (uint16_t)cpu;
		if (*at == '\0')
			return NULL;
		if (*at++ != ',')
			return why;
	}
}
