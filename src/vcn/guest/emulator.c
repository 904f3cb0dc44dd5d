/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/emulator.h"

#include "vcn/guest/kvm.h"
#include "vcn/guest/veto.h"

int emulator_find(struct supervisor *s, const struct guest *guest)
{
	/* KVM first: whatever is missing else, this is what people must hear about. */
	int r = s->settings->accel == ACCEL_KVM ? kvm_check(s->diags) : 0;

	if (r == 0)
		r = veto_check(s->settings, guest, s->diags);
	if (r == 0 && s->identity == NULL)
		r = identity_claim(s, s->settings, guest->name, s->diags, &s->identity);
	if (r == 0)
		r = probe_qemu(s, s->settings, guest->architecture, s->identity, s->diags,
			&s->qemu);
	if (r == 0 && guest->has_huge_pages && !s->qemu->has_memfd)
		r = diag_fail(s->diags, EXIT_MISSING, guest->where,
			"VCN '%s': QEMU '%s' has no memory of huge pages", guest->name,
			s->qemu->path);
	if (r < 0)
		return r;
	s->state->uid = s->identity->uid;
	s->state->qemu_version = s->qemu->version;
	s->state->machine_type = s->qemu->machine_type;
	return 0;
}
