# SPDX-License-Identifier: Apache-2.0
"""TAP on standard output."""

n_tests = n_failed = 0


def report(name, faults):
    """One test; @faults are sentences that say what is wrong."""
    global n_tests, n_failed
    n_tests += 1
    n_failed += bool(faults)
    print("%s %d - %s" % ("not ok" if faults else "ok", n_tests, name))
    for fault in list(faults)[:20]:
        print("# " + str(fault).replace("\n", "\n# "))


def skip(name, why):
    global n_tests
    n_tests += 1
    print("ok %d - %s # SKIP %s" % (n_tests, name, why))


def differences(what, got, wanted):
    if got == wanted:
        return []
    return ["%s: %r, not %r" % (what, got, wanted)]


def finish():
    """The plan; the program's exit status."""
    print("1..%d" % n_tests)
    return 1 if n_failed else 0
