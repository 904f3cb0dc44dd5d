#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What slapd needs to hold a directory whose own schema is not at hand.

    foreign-schema.py LDIF SUFFIX OUT KNOWN.schema...

writes OUT.schema, with every class and attribute of the LDIF that the KNOWN schemas have not,
and OUT.ldif, the entries with all that stand above them. Values and names stay as they are;
what the original says of them beyond text or bytes is lost.
"""

import re
import sys

ARC = "1.3.6.1.4.1.32473.11"  # for documentation (RFC 5612)
BUILT_IN = {"objectclass", "cn", "name", "description", "distinguishedname", "uid",
            "userpassword", "seealso", "top", "alias", "referral"}
NAMES = re.compile(r"(?is)(attributetype|objectclass)\s*\(.*?NAME\s+(?:'([^']+)'|\(([^)]*)\))"
                   r"(.*?)(?=\n(?:attributetype|objectclass)|\Z)")


def known_names(paths):
    names, structural = set(BUILT_IN), set()
    for path in paths:
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"(?m)^#.*$", "", file.read())
        for kind, one, several, rest in NAMES.findall(text):
            found = {name.lower() for name in [one, *re.findall(r"'([^']+)'", several)] if name}
            names |= found
            if kind.lower() == "objectclass" and "AUXILIARY" not in rest:
                structural |= found
    return names, structural


def records(path):
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"(?m)^#.*\n?", "", file.read())
    for block in re.split(r"\n\s*\n", text):
        lines = block.strip("\n").replace("\n ", "").split("\n")
        if lines[0].lower().startswith("dn:"):
            yield lines[0].split(":", 1)[1].strip(), lines[1:]


def classes_of(lines):
    return [line.split(":")[1].strip() for line in lines
            if line.lower().startswith("objectclass:")]


def class_kinds(entries, known, structural):
    """Each unknown class: lower case -> (as written, kind). An entry has one structural class."""
    kinds = {}
    structural = structural - {"top"}
    # what stands beside a known structural class anywhere is none itself
    for names in entries:
        if structural.intersection(name.lower() for name in names):
            kinds.update({name.lower(): (name, "AUXILIARY") for name in names
                          if name.lower() not in known})
    for names in entries:
        has_structural = any(name.lower() in structural or
                             kinds.get(name.lower(), ("", ""))[1] == "STRUCTURAL"
                             for name in names)
        for name in names:
            if name.lower() not in known and name.lower() not in kinds:
                kinds[name.lower()] = (name, "AUXILIARY" if has_structural else "STRUCTURAL")
                has_structural = True
    return kinds


def main():
    source, suffix, out, *known_paths = sys.argv[1:]
    known, structural = known_names(known_paths)
    entries = list(records(source))
    binary, plain = set(), set()
    for _, lines in entries:
        for line in lines:
            name = re.split(r"[:;]", line)[0]
            if name.lower() != "objectclass":
                (binary if re.match(r"[^:]*::", line) else plain).add(name.lower())
    classes = class_kinds([classes_of(lines) for _, lines in entries], known, structural)
    new = sorted((binary | plain) - known)
    may = " $ ".join(sorted((binary | plain) | {"cn", "ou", "dc", "o"}))
    with open(out + ".schema", "w", encoding="utf-8") as file:
        for i, name in enumerate(new):
            form = ("EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40"
                    if name in binary else
                    "EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15")
            print(f"attributetype ( {ARC}.1.{i + 1} NAME '{name}' {form} )", file=file)
        classes["foreigncontainer"] = ("foreignContainer", "STRUCTURAL")
        for i, (name, kind) in enumerate(classes.values()):
            print(f"objectclass ( {ARC}.2.{i + 1} NAME '{name}' SUP top {kind} MAY ( {may} ) )",
                  file=file)
    have = {dn.lower().replace(", ", ",") for dn, _ in entries}
    above = {}
    for dn, _ in entries:
        parts = dn.split(",")
        for i in range(1, len(parts) - suffix.count(",")):
            parent = ",".join(parts[i:]).strip()
            if parent.lower() not in have and parent.lower() not in above:
                attribute, value = parts[i].strip().split("=")
                above[parent.lower()] = (parent, ["objectClass: foreignContainer",
                                                  f"{attribute}: {value}"])
    with open(out + ".ldif", "w", encoding="utf-8") as file:
        for dn, lines in sorted([*above.values(), *entries], key=lambda one: one[0].count(",")):
            print("\n".join([f"dn: {dn}", *lines]), end="\n\n", file=file)


main()
