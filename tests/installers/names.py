# SPDX-License-Identifier: Apache-2.0
"""What Debian's installer asks, by its templates, and what Ubuntu's takes of autoinstall.

debconf takes any name, and so does cloud-init below `autoinstall:`; the installers pass over
what they do not know. So the names are here: Debian's in debian12.templates.
"""

import re

from templates import read_table

# Debian 12: {template: (type, where, choices)}
DEBCONF = read_table()
# no mirror at hand had its udeb (apt-mirror-setup), and the guide does not name it
DEBCONF["apt-setup/enable-source-repositories"] = "boolean", "apt-mirror-setup", []
# an answer of another type than the question's is taken too: these are no choice of its list
FREE = {"debian-installer/locale", "mirror/country", "mirror/suite"}
# apt-setup-udeb's generator asks for local0 to local9 and has no templates of them
LOCAL = re.compile(r"apt-setup/local[0-9]/(repository|comment|key|source)")
LOCAL_TYPES = {"repository": "string", "comment": "string", "key": "string",
               "source": "boolean"}
OWNERS = {"tasksel/first": "tasksel", "tasksel/desktop": "tasksel",
          "popularity-contest/participate": "popularity-contest"}
# by which a question of priority critical, or one without a default, is answered
ANSWERED = {"netcfg/get_hostname", "mirror/country", "passwd/root-password-crypted",
            "passwd/make-user", "time/zone", "partman-auto/method", "partman/confirm",
            "partman/confirm_nooverwrite", "partman/choose_partition",
            "partman-auto/choose_recipe", "tasksel/first", "finish-install/reboot_in_progress",
            "partman/early_command", "preseed/run", "preseed/late_command"}


def debconf_fault(owner, name, kind, value):
    if owner != OWNERS.get(name, "d-i"):
        return "%s is not %s's" % (name, owner)
    local = LOCAL.fullmatch(name)
    known, _, choices = (LOCAL_TYPES[local.group(1)], None, []) if local else \
        DEBCONF.get(name, (None, None, []))
    if known is None:
        return "no installer asks %s" % name
    if kind != known and not (name in FREE and kind in ("string", "select")):
        return "%s is no %s" % (name, kind)
    values = value.split(", ") if known == "multiselect" else [value]
    if choices and known in ("select", "multiselect") and name not in FREE:
        return next(("%s: '%s' is none of its choices" % (name, text)
                     for text in values if text and text not in choices), None)
    if known == "boolean" and value not in ("true", "false"):
        return "%s: '%s' is neither true nor false" % (name, value)
    return None


# Ubuntu 24.04: the keys of autoinstall, as its reference manual has them; {} is any mapping,
# None any value
USER = {"name": str, "lock_passwd": bool, "ssh_authorized_keys": [str]}
AUTOINSTALL = {
    "version": int, "locale": str, "timezone": str, "shutdown": str,
    "refresh-installer": {"update": bool, "channel": str},
    "keyboard": {"layout": str, "variant": str, "toggle": str},
    "network": None,  # netplan reads it
    "apt": {"preserve_sources_list": bool, "geoip": bool, "fallback": str, "conf": str,
            "mirror-selection": {"primary": [{"uri": str}]},
            "preferences": [{"package": str, "pin": str, "pin-priority": int}],
            "sources": {None: {"source": str, "key": str}}},
    "storage": {"layout": {"name": str, "match": {"path": str}}},
    "ssh": {"install-server": bool, "allow-pw": bool, "authorized-keys": [str]},
    "user-data": None,  # cloud-init reads it
    "packages": [str],
    "early-commands": None, "late-commands": None,
}


def autoinstall_faults(value, known, where="autoinstall"):
    if known is None:
        return []
    if isinstance(known, type):
        return [] if type(value) is known else ["%s: %r" % (where, value)]
    if isinstance(known, list):
        if not isinstance(value, list) or not value:
            return ["%s is no list" % where]
        return [fault for part in value for fault in autoinstall_faults(part, known[0], where)]
    if not isinstance(value, dict):
        return ["%s is no mapping" % where]
    faults = []
    for name, part in value.items():
        inner = known.get(name, known.get(None))
        place = "%s.%s" % (where, name)
        if name not in known and None not in known:
            faults.append("no key %s" % place)
        else:
            faults += autoinstall_faults(part, inner, place)
    return faults
