/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Readers of a manifest's single values: document_read() calls them by a table of keys. */

#include "base/document.h"
#include "base/net.h"

#define VALUE(name) \
	int value_##name(struct reader *r, const struct node *value, void *field)
VALUE(printable); /* const char *: no control characters */
VALUE(hostname); /* const char * */
VALUE(name); /* const char *, lower case, a VCN's */
VALUE(uuid); /* const char *, lower case */
VALUE(memory); /* unsigned, MiB */
VALUE(cpus); /* unsigned */
VALUE(vlan); /* unsigned */
VALUE(mtu); /* unsigned */
VALUE(file_path); /* const char *: an absolute one */
VALUE(format); /* enum image_format */
VALUE(readiness); /* enum readiness */
VALUE(mac); /* struct mac */
VALUE(bridge); /* const char *: the name of an interface */
VALUE(architecture); /* enum architecture */
VALUE(firmware); /* enum firmware_kind */
#undef VALUE
int value_address(struct reader *r, const struct node *value, struct ip *ret);
