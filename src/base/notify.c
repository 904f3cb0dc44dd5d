/* SPDX-License-Identifier: Apache-2.0 */
#include "base/notify.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify_send(const char *address, const char *format, ...)
{
	TMP_CTX(tmp);
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t length = address == NULL ? 0 : strlen(address);
	va_list args;

	if (length == 0 || length >= sizeof(to.sun_path) ||
		(address[0] != '/' && address[0] != '@'))
		return;
	va_start(args, format);
	const char *text = mem_vprintf(tmp, format, args);
	va_end(args);
	memcpy(to.sun_path, address, length);
	if (address[0] == '@')
		to.sun_path[0] = '\0'; /* the abstract namespace (unix(7)) */
	_cleanup_(mem_close_fd) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		(void)!sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
			(struct sockaddr *)&to,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
}
