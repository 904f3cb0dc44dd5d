/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What boots and what is installed from, as values: why a text is no such path or URL. */

#include "base/mem.h"

/* A path below the TFTP root, or a URL; NULL: it is one, else a static sentence. */
const char *boot_path_fault(const char *text) _must_check_;
/* A URL that installers, and with @may_be_tftp boot loaders, load by; the same. */
const char *url_value_fault(const char *text, bool may_be_tftp) _must_check_;
