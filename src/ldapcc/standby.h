/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The next apply of `watch`: a child that stands by, with what can be done before anything changed
 * (ahead.h), and the words by which it is told to go on. Who watches says
 *
 *	standby_go	something changed, or it is time
 *	standby_more	… more came, which is to be read, too
 *	standby_settle	… and it has been quiet since
 *
 * The child waits for them where it needs them. It ends without a word where nobody is left to
 * say one; and nothing is lost where it is killed while it waits: the next apply begins anew.
 */

#include <stdbool.h>

#include "base/mem.h"

struct standby;

/* Who watches */

/* One child, in which *ret_is_child is true; NULL where none can be made. Freed, it is killed. */
struct standby *standby_new(TALLOC_CTX *mem_ctx, bool *ret_is_child) _must_check_;
/* False where it cannot be told: somebody has killed it. */
bool standby_go(struct standby *standby) _must_check_;
void standby_more(struct standby *standby);
void standby_settle(struct standby *standby);
/* How it ended, as waitpid(2) says; it is freed. */
int standby_end(struct standby *standby) _must_check_;

/* The child */

void standby_wait(struct standby *standby);

/* What is asked when, as each costs what it is waited for. */
enum patience {
	PATIENCE_NONE, /* what is known by now */
	PATIENCE_SHORT, /* what whoever changes two entries has sent behind the first */
	PATIENCE_QUIET, /* until it has been quiet */
};

/*
 * standby_has_more - did more come after it was told to go?
 *
 * shape:  where that is so it is waited until it is quiet: all that came can be read then, and is
 *         not told of again
 */
bool standby_has_more(struct standby *standby, enum patience patience);
