/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include <json-c/json.h>

#include "base/json.h"
#include "base/text.h"
#include "ldapcc/commands.h"
#include "ldapcc/import/import.h"

/* `dc=c,dc=example` of c.example, where the settings have no base. */
static const char *base_of(struct import *im, const struct settings *settings)
{
	TMP_CTX(tmp);
	const char *domain = im->scope.values[IMPORT_DOMAIN].text;
	struct buffer *b = buffer_new(im->mem_ctx);
	size_t n;

	if (settings->directory.bases.n > 0)
		return settings->directory.bases.items[0];
	char **labels = text_split(
		tmp, domain == NULL || domain[0] == '\0' ? "cluster" : domain, '.', &n);

	for (size_t i = 0; i < n; i++)
		buffer_printf(b, "%sdc=%s", i == 0 ? "" : ",", labels[i]);
	return b->data;
}

static int read_all(struct import *im, const struct arguments *arguments)
{
	/* names first: dhcpd.conf may have them where an address belongs */
	const struct {
		const char *path;
		int (*read)(struct import *im, const char *path);
	} readers[] = {
		{arguments->hosts, import_hosts},
		{arguments->dhcpd, import_dhcpd},
		{arguments->dnsmasq, import_dnsmasq},
		{arguments->ethers, import_ethers},
	};
	bool is_any = false;
	int failed = 0;

	im->has_hosts = arguments->hosts != NULL;
	im->has_ethers = arguments->ethers != NULL;
	for (size_t i = 0; failed == 0 && i < ARRAY_SIZE(readers); i++) {
		if (readers[i].path == NULL)
			continue;
		is_any = true;
		failed = readers[i].read(im, readers[i].path);
	}
	if (!is_any)
		return diag_fail(im->diags, EXIT_USAGE, LOC_NONE,
			"nothing to import: give --dhcpd, --hosts, --ethers or --dnsmasq");
	return failed < 0 ? failed : im->failed;
}

int command_import(void *session)
{
	struct run *run = session;
	struct import im = {.mem_ctx = run->mem_ctx,
		.diags = run->diags,
		.by_name = table_new_folded(run->mem_ctx, 64),
		.by_ip = table_new(run->mem_ctx, 64),
		.said = table_new(run->mem_ctx, 64)};
	struct buffer *out = buffer_new(run->mem_ctx);
	int failed = run_prepare_settings(run);

	if (failed < 0)
		return failed;
	failed = read_all(&im, &run->arguments);
	/* all that can be said is said in one run, also where a file is missing */
	import_settle(&im);
	im.base = base_of(&im, run->settings);
	if (failed < 0)
		return failed;
	import_print(&im, out);
	if (run->result != NULL)
		json_put_text(run->result, "ldif", out->data);
	else
		fwrite(out->data, 1, out->len, stdout);
	return 0;
}
