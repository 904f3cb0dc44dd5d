/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/import/boot_client.h"

const struct boot_client_words boot_clients[_CLIENT_MAX] = {
	[CLIENT_BIOS] = {0x00, "PXEClient:Arch:00000", ""},
	[CLIENT_UEFI] = {0x07, "PXEClient:Arch:00007", ""},
	[CLIENT_UEFI_9] = {0x09, "PXEClient:Arch:00009", ""},
	[CLIENT_ARM64] = {0x0b, "PXEClient:Arch:00011", ""},
	[CLIENT_IPXE] = {0x00, "PXEClient:Arch:00000", "iPXE"},
	[CLIENT_IPXE_UEFI] = {0x07, "PXEClient:Arch:00007", "iPXE"},
	[CLIENT_HTTP] = {0x10, "HTTPClient:Arch:00016", ""},
	[CLIENT_HTTP_ARM64] = {0x13, "HTTPClient:Arch:00019", ""},
	[CLIENT_SILENT] = {CLIENT_WITHOUT_ARCH, "", ""},
};
