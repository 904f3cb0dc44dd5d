/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The catalogue of checks: checks.def as an enum, with names, meanings and severities. */

#include "base/diag.h"

enum check {
#define CHECK(id, name, severity, meaning) CHECK_##id,
#include "config/checks.def"
#undef CHECK
	_CHECK_MAX,
};

const char *check_name(enum check check);
const char *check_meaning(enum check check);
enum severity check_default(enum check check);
/* Is it about several records, any of which may be the one that is wrong? */
bool check_is_conflict(enum check check);
bool check_by_name(const char *name, enum check *ret) _must_check_;
