/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/emulator.h"

#include <assert.h>

#include "vcn/guest/kvm.h"
#include "vcn/guest/veto.h"

/* What it said before is forgotten: a VCN that waits asks every few seconds. */
static void take_answer(struct supervisor *s, struct qemu *qemu)
{
	TALLOC_FREE(s->qemu);
	s->qemu = qemu;
	s->state->qemu_version = qemu->version;
	s->state->machine_type = qemu->machine_type;
}

int emulator_find(struct supervisor *s, const struct guest *guest)
{
	struct qemu *qemu = NULL;
	/* KVM first: whatever is missing else, this is what people must hear about. */
	int r = s->settings->accel == ACCEL_KVM ? kvm_check(s->diags) : 0;

	if (r == 0)
		r = veto_check(s->settings, guest, s->diags);
	if (r == 0 && s->identity == NULL)
		r = identity_claim(s, s->settings, guest->name, s->diags, &s->identity);
	if (r == 0)
		r = probe_qemu(s, s->settings, guest->architecture, s->identity, s->diags,
			&qemu);
	if (r < 0)
		return r;
	assert(qemu != NULL);
	take_answer(s, qemu);
	if (guest->has_huge_pages && !qemu->has_memfd)
		r = diag_fail(s->diags, EXIT_MISSING, guest->where,
			"VCN '%s': QEMU '%s' has no memory of huge pages", guest->name,
			qemu->path);
	s->state->uid = s->identity->uid;
	return r;
}
