/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/tap.h"

#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "base/text.h"
#include "base/trailer.h"

enum { DIGITS = 12, HEADER_MAX = 64 };

#define PREFIX "vcn"

void tap_name(const char *fqdn, size_t interface, char ret_name[IFNAMSIZ])
{
	TMP_CTX(tmp);
	const char *text = mem_printf(tmp, "%s/%zu", fqdn, interface);
	uint8_t digest[SHA256_BYTES];
	char hex[SHA256_TEXT_MAX];

	sha256(text, strlen(text), digest);
	sha256_text(digest, hex);
	memcpy(ret_name, PREFIX, strlen(PREFIX));
	memcpy(ret_name + strlen(PREFIX), hex, DIGITS);
	ret_name[strlen(PREFIX) + DIGITS] = '\0';
}

/* Of what stands before each frame (virtio_net_hdr), which QEMU chooses; -1: not to be known. */
static int header_length(int fd)
{
	int len = -1;

	if (ioctl(fd, TUNGETVNETHDRSZ, &len) < 0 || len > HEADER_MAX)
		return -1;
	return len;
}

void tap_send(int fd, const uint8_t *frame, size_t len)
{
	static const uint8_t header[HEADER_MAX] = {
		0}; /* nothing is left to the host to do */
	int header_len = header_length(fd);
	struct iovec parts[] = {{.iov_base = (void *)(uintptr_t)header},
		{.iov_base = (void *)(uintptr_t)frame, .iov_len = len}};

	if (header_len < 0)
		return;
	parts[0].iov_len = (size_t)header_len;
	(void)!writev(fd, parts, 2);
}

ssize_t tap_receive(int fd, uint8_t *ret_frame, size_t size)
{
	uint8_t header[HEADER_MAX];
	int header_len = header_length(fd);
	struct iovec parts[] = {{.iov_base = header, .iov_len = (size_t)header_len},
		{.iov_base = ret_frame, .iov_len = size}};

	if (header_len < 0)
		return -1;
	ssize_t n = readv(fd, parts, 2);

	return n < header_len ? -1 : n - header_len;
}

bool tap_is_ours(const char *name)
{
	return text_has_prefix(name, PREFIX) && strlen(name) == strlen(PREFIX) + DIGITS &&
	       strspn(name + strlen(PREFIX), "0123456789abcdef") == DIGITS;
}
