/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/common/manifest_value.h"

#include <string.h>

#include "base/file.h"
#include "base/guest_value.h"
#include "base/text.h"
#include "vcn/common/manifest.h"

enum {
	MEMORY_MAX_MIB = INT32_MAX,
	CPUS_MAX = 1024,
	VLAN_MAX = 4094, /* IEEE 802.1Q: 0 and 4095 are reserved */
	MTU_MIN = 68, /* RFC 791 */
	MTU_MAX = 65535,
	UUID_LENGTH = 36,
};

/* Single values */

int value_printable(struct reader *r, const struct node *value, void *field)
{
	const char *text;
	int failed = read_string(r, value, &text);

	if (failed < 0)
		return failed;
	if (text_has_control(text, strlen(text)) || !text_is_utf8(text, strlen(text)))
		return document_fault(
			r, value, "a control character is not allowed here");
	*(const char **)field = text;
	return 0;
}

int value_hostname(struct reader *r, const struct node *value, void *field)
{
	TMP_CTX(tmp);
	const char *text;
	int failed = read_string(r, value, &text);

	if (failed < 0)
		return failed;
	const char *fault = text_hostname_fault(text);

	if (fault != NULL)
		return document_fault(r, value, "'%s' is no host name: %s",
			text_printable(tmp, text, strlen(text)), fault);
	*(const char **)field = text;
	return 0;
}

/* Its folder's name, too: one spelling for what is one name without regard to case. */
int value_name(struct reader *r, const struct node *value, void *field)
{
	const char *text = "";
	int failed = value_hostname(r, value, &text);

	if (failed < 0)
		return failed;
	if (strlen(text) > GUEST_NAME_MAX)
		return document_fault(r, value,
			"the name of a VCN has at most %d letters", GUEST_NAME_MAX);
	char *lower = mem_strdup(r->mem_ctx, text);

	text_lower(lower);
	*(const char **)field = lower;
	return 0;
}

/* 8-4-4-4-12 hexadecimal digits; all zero is what firmware without an identity says */
static bool is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (strlen(text) != UUID_LENGTH || strspn(text, "0-") == UUID_LENGTH)
		return false;
	for (size_t i = 0; i < UUID_LENGTH; i++) {
		bool is_digit = text_hex_digit(text[i]) >= 0;

		if (form[i] == '-' ? text[i] != '-' : !is_digit)
			return false;
	}
	return true;
}

int value_uuid(struct reader *r, const struct node *value, void *field)
{
	TMP_CTX(tmp);
	const char *text;
	int failed = read_string(r, value, &text);

	if (failed < 0)
		return failed;
	if (!is_uuid(text))
		return document_fault(r, value, "'%s' is no UUID",
			text_printable(tmp, text, strlen(text)));
	char *lower = mem_strdup(r->mem_ctx, text);

	text_lower(lower);
	*(const char **)field = lower;
	return 0;
}

int value_memory(struct reader *r, const struct node *value, void *field)
{
	return read_between(r, value, 1, MEMORY_MAX_MIB, field);
}

int value_cpus(struct reader *r, const struct node *value, void *field)
{
	return read_between(r, value, 1, CPUS_MAX, field);
}

int value_vlan(struct reader *r, const struct node *value, void *field)
{
	return read_between(r, value, 1, VLAN_MAX, field);
}

int value_mtu(struct reader *r, const struct node *value, void *field)
{
	return read_between(r, value, MTU_MIN, MTU_MAX, field);
}

static bool has_dot_dot(const char *path)
{
	for (const char *at = path; (at = strstr(at, "/..")) != NULL; at += 3)
		if (at[3] == '/' || at[3] == '\0')
			return true;
	return false;
}

/* The file itself is opened below the image roots only (vcn.yaml); this is about typos. */
int value_file_path(struct reader *r, const struct node *value, void *field)
{
	const char *path = "";
	int failed = value_printable(r, value, &path);

	if (failed < 0)
		return failed;
	if (path[0] != '/' || text_has_suffix(path, "/"))
		return document_fault(r, value, "expected the absolute path of a file");
	if (strlen(path) > FILE_PATH_MAX)
		return document_fault(
			r, value, "a path has at most %d bytes", FILE_PATH_MAX);
	if (has_dot_dot(path))
		return document_fault(r, value, "'..' is not allowed in a path");
	*(const char **)field = path;
	return 0;
}

int value_format(struct reader *r, const struct node *value, void *field)
{
	const char *text;
	int failed = read_string(r, value, &text);

	if (failed < 0)
		return failed;
	if (strcmp(text, "qcow2") != 0 && strcmp(text, "raw") != 0)
		return document_fault(r, value, "expected qcow2 or raw");
	*(enum image_format *)field = strcmp(text, "raw") == 0 ? IMAGE_RAW : IMAGE_QCOW2;
	return 0;
}

/* One of @n words, of which the empty ones are none. */
static int read_choice(struct reader *r, const struct node *value,
	const char *const *words, size_t n, const char *expected, size_t *ret)
{
	const char *text;
	int failed = read_string(r, value, &text);

	if (failed < 0)
		return failed;
	for (size_t i = 0; i < n; i++)
		if (words[i] != NULL && strcmp(text, words[i]) == 0) {
			*ret = i;
			return 0;
		}
	return document_fault(r, value, "expected %s", expected);
}

int value_readiness(struct reader *r, const struct node *value, void *field)
{
	static const char *const words[] = {[READINESS_NONE] = "none",
		[READINESS_VIRTSERIAL] = "virtserial",
		[READINESS_NOTIFY] = "notify"};
	size_t choice = READINESS_NONE;
	int failed = read_choice(r, value, words, ARRAY_SIZE(words),
		"none, virtserial or notify", &choice);

	*(enum readiness *)field = (enum readiness)choice;
	return failed;
}

int value_firmware(struct reader *r, const struct node *value, void *field)
{
	static const char *const words[] = {[FIRMWARE_BIOS] = "bios",
		[FIRMWARE_UEFI] = "uefi",
		[FIRMWARE_UEFI_SECURE] = "uefi-secure"};
	size_t choice = FIRMWARE_DEFAULT;
	int failed = read_choice(
		r, value, words, ARRAY_SIZE(words), "bios, uefi or uefi-secure", &choice);

	*(enum firmware_kind *)field = (enum firmware_kind)choice;
	return failed;
}

int value_architecture(struct reader *r, const struct node *value, void *field)
{
	const char *text;
	int failed = read_string(r, value, &text);

	if (failed < 0)
		return failed;
	return architecture_parse(text, field)
		       ? 0
		       : document_fault(r, value, "expected x86_64 or aarch64");
}

int value_mac(struct reader *r, const struct node *value, void *field)
{
	TMP_CTX(tmp);
	const char *text;
	struct mac mac;
	int failed = read_string(r, value, &text);

	if (failed < 0)
		return failed;
	const char *shown = text_printable(tmp, text, strlen(text));

	if (!mac_parse(text, &mac))
		return document_fault(r, value, "'%s' is no MAC address", shown);
	if (mac_is_multicast(mac) || mac_is_zero(mac))
		return document_fault(
			r, value, "no interface can have the MAC address '%s'", shown);
	*(struct mac *)field = mac;
	return 0;
}

int value_bridge(struct reader *r, const struct node *value, void *field)
{
	TMP_CTX(tmp);
	const char *text = "";
	int failed = value_printable(r, value, &text);

	if (failed < 0)
		return failed;
	const char *fault = ifname_fault(text);

	if (fault != NULL)
		return document_fault(r, value, "'%s' %s",
			text_printable(tmp, text, strlen(text)), fault);
	*(const char **)field = text;
	return 0;
}

int value_address(struct reader *r, const struct node *value, struct ip *ret)
{
	TMP_CTX(tmp);
	const char *text;
	int failed = read_string(r, value, &text);

	if (failed < 0)
		return failed;
	const char *shown = text_printable(tmp, text, strlen(text));

	if (!ip_parse(text, ret))
		return document_fault(r, value, "'%s' is no IP address", shown);
	const char *fault = ip_unusable(*ret);

	return fault == NULL ? 0
			     : document_fault(r, value,
				       "no interface can have the address '%s'", shown);
}
