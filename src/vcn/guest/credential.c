/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/credential.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nettle/base64.h>

#include "base/file.h"
#include "vcn/guest/image.h"

static int open_file(const struct launch_settings *settings, const struct guest *guest,
	const struct guest_credential *credential, struct diags *diags, int *ret_fd)
{
	const char *roots[] = {"/", NULL};
	const struct string_list everywhere = {roots, 1};
	struct stat st;
	int r = image_open(credential->is_own ? &everywhere : &settings->credential_roots,
		credential->path, "credential", false, guest->where, diags, ret_fd);

	if (r < 0 || fstat(*ret_fd, &st) < 0 || (st.st_mode & S_IROTH) == 0)
		return r;
	return diag_fail(diags, EXIT_DATA, guest->where,
		"credential '%s' can be read by everybody: chmod o-r", credential->path);
}

static int read_file(const struct launch_settings *settings, const struct guest *guest,
	const struct guest_credential *credential, struct diags *diags, char *bytes,
	size_t *ret_len)
{
	_cleanup_(mem_close_fd) int fd = -1;
	int r = open_file(settings, guest, credential, diags, &fd);

	*ret_len = 0;
	while (r == 0 && *ret_len <= CREDENTIAL_BYTES_MAX) {
		ssize_t n =
			read(fd, bytes + *ret_len, CREDENTIAL_BYTES_MAX + 1 - *ret_len);

		if (n < 0)
			r = diag_fail_errno(diags, EXIT_DATA, errno, guest->where,
				"credential '%s' cannot be read", credential->path);
		if (n <= 0)
			break;
		*ret_len += (size_t)n;
	}
	return r;
}

/* For its owner alone, which the supervisor makes QEMU's user; nobody can change it. */
static int make_string(const char *name, const char *bytes, size_t len)
{
	TMP_CTX(tmp);
	char *coded = mem_array(tmp, char, BASE64_ENCODE_RAW_LENGTH(len) + 1);

	base64_encode_raw(coded, len, (const uint8_t *)bytes);
	const char *text =
		mem_printf(tmp, "io.systemd.credential.binary:%s=%s", name, coded);
	_cleanup_(mem_close_fd) int fd =
		memfd_create("credential", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || file_write_all(fd, text, strlen(text)) < 0 ||
		image_seal(fd, 0400) < 0)
		return -errno;
	return mem_take_fd(&fd);
}

int credential_open(const struct launch_settings *settings, const struct guest *guest,
	const struct guest_credential *credential, size_t *bytes_left,
	struct diags *diags, int *ret_fd)
{
	TMP_CTX(tmp);
	char *bytes = mem_array(tmp, char, CREDENTIAL_BYTES_MAX + 1);
	const char *content = credential->value;
	size_t len = content == NULL ? 0 : strlen(content);

	if (content == NULL) {
		int r = read_file(settings, guest, credential, diags, bytes, &len);

		if (r < 0)
			return r;
		content = bytes;
	}
	if (len > *bytes_left)
		return diag_fail(diags, EXIT_DATA, guest->where,
			"the credentials of VCN '%s' have more than %d bytes in all",
			guest->name, CREDENTIAL_BYTES_MAX);
	*bytes_left -= len;
	*ret_fd = make_string(credential->name, content, len);
	return *ret_fd >= 0 ? 0
			    : diag_fail_errno(diags, EXIT_IO, -*ret_fd, guest->where,
				      "no memory for credential '%s'", credential->name);
}
