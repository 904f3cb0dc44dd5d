/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/import/import.h"
#include "model/use.h"

/* Where our schema has what servers tell clients. */
static const struct import_place places[_IMPORT_MAX] = {
	[IMPORT_ROUTERS] = {"vocGateway", FIELD_GATEWAY, false},
	[IMPORT_ROUTES] = {"vocStaticRoute", FIELD_STATIC_ROUTE, true},
	[IMPORT_NAME_SERVERS] = {"vocNameServer", FIELD_NAMESERVER, true},
	[IMPORT_DOMAIN] = {"vocDomain", FIELD_DOMAIN, false},
	[IMPORT_SEARCH] = {"vocSearchDomain", FIELD_SEARCH, true},
	[IMPORT_TIME_SERVERS] = {"vocTimeServer", FIELD_TIMESERVER, true},
	[IMPORT_MTU] = {"vocMTU", FIELD_MTU, false},
	[IMPORT_LEASE] = {"vocLeaseTime", FIELD_LEASE_TIME, false},
	[IMPORT_NEXT_SERVER] = {"vocNextServer", FIELD_NEXT_SERVER, false},
	[IMPORT_BOOT_FILE] = {"vocBootFile", FIELD_BOOT_FILE, false},
	[IMPORT_BOOT_FILE_UEFI] = {"vocBootFileUEFI", FIELD_BOOT_FILE_UEFI, false},
	[IMPORT_BOOT_FILE_ARM64] = {"vocBootFileARM64", FIELD_BOOT_FILE_ARM64, false},
	[IMPORT_BOOT_URL] = {"vocBootURL", FIELD_BOOT_URL, false},
};

const struct import_place *import_place(enum import_option option)
{
	return &places[option];
}

bool import_is_hosts(enum import_option option)
{
	return option != IMPORT_DOMAIN && use_of(KIND_HOST, places[option].field) != NULL;
}

bool import_is_sites(enum import_option option)
{
	return option == IMPORT_SEARCH || option == IMPORT_TIME_SERVERS;
}
