/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Talking to a guest's supervisor: RUNTIME_DIR/NAME/control, a unix stream socket.
 *
 * A client sends one line of JSON and gets one line back:
 *
 *	{"request": "status"}               -> {"ok": true, "state": {…}}
 *	{"request": "check"}                -> the same, after a look at network and QEMU
 *	{"request": "stop", "timeout": 30}  -> {"ok": true}, and at the end {"ended": …}
 *	{"request": "kill"}                 -> the same
 *	{"request": "replace", "timeout": 30, "manifest": "NAME"}  -> {"ok": true}: the guest
 *	                is started anew from that copy of the manifest, or as it was (replace.h)
 *	{"request": "console"}              -> {"ok": true}, then the console's bytes, both ways
 *
 * or {"ok": false, "message": "…"}. After stop and kill the connection stays open until the
 * supervisor has cleaned up and released its lock, so that a client can wait by reading.
 */

#include "base/diag.h"
#include "vcn/common/run_state.h"

struct json_object;

/*
 * control_request - one request, one reply
 *
 * shape:  @request is a JSON object's text without newline
 * memory: the caller owns *ret_reply (json_object_put())
 * errors: EXIT_REJECTED where no supervisor runs or it refuses; EXIT_IO
 */
int control_request(const char *runtime_dir, const char *name, const char *request,
	unsigned timeout_ms, struct diags *diags,
	struct json_object **ret_reply) _must_check_;

/* What a supervisor says of its guest. */
struct control_answer {
	struct run_state *state; /* NULL: no answer */
	bool is_silent; /* it is there, and does not answer */
	bool is_unreachable; /* nobody listens: it is not there, or its socket is not */
};

/*
 * control_ask_all - "status" or "check" of many supervisors at once
 *
 * shape:  @ret has @n places, in the order of @names; @timeout_ms is for all of them
 *         together
 * memory: states below @mem_ctx
 */
void control_ask_all(TALLOC_CTX *mem_ctx, const char *runtime_dir,
	const char *const *names, size_t n, const char *request, unsigned timeout_ms,
	struct control_answer *ret);

/*
 * control_stop_begin - ask a guest to stop and come back at once
 *
 * shape:  *ret_fd gets readable: poll() many of them, then control_take() each. -1 where
 *         nothing runs. @timeout_s: for the whole ladder; 0: the supervisor's own setting.
 */
int control_stop_begin(const char *runtime_dir, const char *name, unsigned timeout_s,
	struct diags *diags, int *ret_fd) _must_check_;
/* SIGKILL, now; as control_stop_begin(). */
int control_kill_begin(const char *runtime_dir, const char *name, struct diags *diags,
	int *ret_fd) _must_check_;
/*
 * control_take - what has come of such a connection
 *
 * returns: 1 where the supervisor has spoken, 0 when guest and supervisor are gone
 * errors:  EXIT_REJECTED where it refuses; the guest's own end is no error here: ask
 *          run_state_read()
 */
int control_take(const char *name, int fd, struct diags *diags) _must_check_;
/*
 * control_force - SIGKILL for a supervisor that does not answer, through a pidfd, and for
 * its guest with it
 *
 * errors: EXIT_BUSY where one of them does not die
 */
int control_force(
	const char *runtime_dir, const char *name, struct diags *diags) _must_check_;
/*
 * control_console - the serial console on two open files, to the end of the guest, of
 * @in_fd, or the escape key Ctrl-]
 *
 * shape: a terminal is put into raw mode and put back
 */
int control_console(const char *runtime_dir, const char *name, int in_fd, int out_fd,
	struct diags *diags) _must_check_;

/*
 * control_log - adds the bounded console log to @log, older part first
 *
 * shape:  control characters but newline and tab are shown as \xHH where @is_plain (for
 *         terminals: a guest must not drive the administrator's terminal)
 */
int control_log(struct buffer *log, const char *runtime_dir, const char *name,
	bool is_plain, struct diags *diags) _must_check_;
