/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which files a guest was started from, so that one that was put in their place is noticed:
 * a line a file, its device, inode, size and time, and its path. Of an image or a disk that the
 * guest itself writes, size and time do not count: one that was put in its place, or removed, is
 * no longer what the guest writes to.
 */

#include "vcn/common/manifest.h"

/* Below @mem_ctx; a file that cannot be looked at has no line. */
char *image_mark(TALLOC_CTX *mem_ctx, const struct guest *guest) _must_check_;
/* Are the files still the same? Looks at them: for a child (patience.h). */
bool image_mark_is_current(const char *mark);
/*
 * A short word for what @image names of these files and no others: for boot times. The device does
 * not count: that of a server's changes with every mount. NULL without a mark.
 */
char *image_mark_id(TALLOC_CTX *mem_ctx, const char *mark,
	const struct guest_image *image) _must_check_;
