# SPDX-License-Identifier: Apache-2.0
"""session.py README OUTPUT - is the README's session what quickstart printed?

Every line of the blocks below "What you then see" has to be in OUTPUT, in that order. Options
with a value are left out of commands; numbers that are measured, process ids, times and the
beginnings of paths may differ.
"""
import re
import sys


def session(readme):
    text = readme.split("## What you then see", 1)[1].split("\n## ", 1)[0]
    return [line[4:] for line in text.splitlines() if line.startswith("    ")]


def words(line):
    if line.startswith("$ "):
        line = re.sub(r" --[a-z-]+ \S+", "", line)
    return line.split()


UPTIME = r"\d\d:\d\d(:\d\d)?"
MEASURED = rf"\d+\.\d|{UPTIME}|[\d-]+T[\d:]+Z[)\]]?"


def is_measured(line, i):
    """seconds, times; and a process id, which stands before an uptime"""
    return re.fullmatch(MEASURED, line[i]) or (
        line[i].isdigit() and i + 1 < len(line) and re.fullmatch(UPTIME, line[i + 1]))


def is_same(expected, got):
    return len(expected) == len(got) and all(
        e == g or (is_measured(expected, i) and is_measured(got, i)) or
        (e.startswith("/") and g.endswith(e)) for i, (e, g) in enumerate(zip(expected, got)))


def main(readme, output):
    printed = [words(line) for line in open(output, encoding="utf-8")]
    at = 0
    for line in session(open(readme, encoding="utf-8").read()):
        wanted = words(line)
        found = next((i for i in range(at, len(printed)) if is_same(wanted, printed[i])), None)
        if found is None:
            # guests become ready in any order
            if not any(is_same(wanted, got) for got in printed[max(0, at - 2):at]):
                sys.exit(f"quickstart did not print: {line}")
        else:
            at = found + 1


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
