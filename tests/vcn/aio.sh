#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# aio.sh VCN - disks by rings of io_uring where QEMU gets them on this host, else by its threads
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
enter "$@"
mkdir "$work/qemu"
# A QEMU whose kernel has no io_uring: the filter stays with what is executed.
cat >"$work/qemu/qemu" <<'PYTHON'
#!/usr/bin/python3
import ctypes, os, shutil, struct, sys
IO_URING_SETUP, ENOSYS = 425, 38
code = [(0x20, 0, 0, 0), (0x15, 0, 1, IO_URING_SETUP), (0x06, 0, 0, 0x00050000 | ENOSYS),
        (0x06, 0, 0, 0x7fff0000)]
text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
class Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
program = Program(len(code), ctypes.addressof(text))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.byref(program)) == 0
os.execv("/usr/bin/qemu-system-x86_64", ["qemu-system-x86_64"] + sys.argv[1:])
PYTHON
chmod 755 "$work/qemu" "$work/qemu/qemu"
truncate -s 8M "$work/images/disk"
write_settings "network: user"
rings() { find "/proc/$(field vcn001 pid)/fd" -lname '*io_uring*' | wc -l; }
reads_and_writes() { console_says vcn001 "guest: wrote /dev/vda"; }

begin_manifest 1
guest vcn001 "" $'readiness: virtserial\n      path: '"$work/images/disk"$'\n      format: raw'
end_manifest whole
ok "a guest with a disk" exits 0 vcn apply
ok "reads and writes" reads_and_writes
ok "how, is what argv says" exits 0 vcn argv vcn001
if [ "$(rings)" -gt 0 ]; then
	ok "by io_uring" says "werror=stop,aio=io_uring"
	ok "kill" exits 0 vcn kill vcn001
	[ -x /usr/bin/qemu-system-x86_64 ] || { finish_tests; exit; }
	write_settings "network: user" "qemu: $work/qemu/qemu" "qemu-roots: $work/qemu"
	ok "a kernel without it" exits 0 vcn apply
	ok "is no reason not to read and write" reads_and_writes
	ok "but by threads" equal "$(rings)" 0
	ok "for which nothing is asked" exits 0 vcn argv vcn001
	ok "of QEMU" bash -c "! grep -q aio= '$work/said'"
else
	ok "by threads" bash -c "! grep -q aio= '$work/said'"
fi
ok "kill" exits 0 vcn kill vcn001
finish_tests
