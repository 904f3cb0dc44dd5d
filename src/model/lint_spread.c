/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lint_rules.h"

/* Groups whose VCNs are to be on different hosts, so that one that dies takes one of them. */

static void report_together(struct reporter *r, const struct node_group *group,
	struct machine *vcn, const struct machine *first)
{
	struct finding *finding = check_report(r, CHECK_NOT_SPREAD, &vcn->record,
		FIELD_HOST, "'%s' is on '%s' as '%s' is, and group '%s' is to be spread",
		vcn->name, vcn->host->name, first->name, group->record.name);

	lint_note(r, finding, &first->record, FIELD_HOST, "the other one");
	lint_note(r, finding, &group->record, FIELD_SPREAD,
		"to be spread because of this TRUE");
}

static void put_on_host(struct reporter *r, const struct node_group *group,
	struct table *by_host, struct machine *vcn)
{
	void **slot = table_slot(by_host, vcn->host->record.key);

	if (*slot == NULL)
		*slot = vcn;
	else
		report_together(r, group, vcn, *slot);
}

/* First those that were there: it is the one that came to them that has to go. */
static void check_group(struct reporter *r, const struct node_group *group)
{
	TMP_CTX(tmp);
	struct table *by_host = table_new(tmp, group->n_nodes);

	for (int standing = STANDING_SAME; standing >= STANDING_NEW; standing--)
		for (uint32_t i = 0; i < group->n_nodes; i++) {
			struct machine *vcn = group->nodes[i];

			/* a physical host of the group is on none */
			if (vcn->standing == standing && vcn->host != NULL &&
				vcn->is_enabled && !vcn->record.is_bad)
				put_on_host(r, group, by_host, vcn);
		}
}

void lint_spread(struct reporter *r)
{
	for (size_t i = 0; i < r->site->n_groups; i++)
		if (r->site->groups[i]->is_spread && !r->site->groups[i]->record.is_bad)
			check_group(r, r->site->groups[i]);
}
