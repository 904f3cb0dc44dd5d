/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * `vcn fence HOST`: that another host is off, for sure, by the command that the site gives
 * (`fence` in vcn.yaml). VCNs that wait for their end there ask at once.
 */
int fence_command(void *session);
