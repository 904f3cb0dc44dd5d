/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * `vcn check`: manifests by themselves, and with --host what a start of their VCNs would ask
 * of this host. A file's faults are findings; only a folder that cannot be read ends the
 * walk.
 */

#include "vcn/host/session.h"

int check_command(void *session);
