# SPDX-License-Identifier: Apache-2.0
"""What Debian's installer asks, by its templates, and what Ubuntu's takes of autoinstall.

debconf takes any name, and so does cloud-init below `autoinstall:`; the installers pass over
what they do not know. So the names are here.
"""

import re

# Debian 12: {template: types}; each from the .templates of the udeb that is named
DEBCONF = {
    # in the netboot initrd
    "debian-installer/locale": "select string",  # localechooser
    "keyboard-configuration/xkb-keymap": "select",  # console-setup-udeb
    "hw-detect/load_firmware": "boolean",  # hw-detect
    "preseed/run": "string",  # preseed-common
    "preseed/late_command": "string",
    "debian-installer/allow_unauthenticated_ssl": "boolean",
    "netcfg/choose_interface": "select",  # netcfg
    "netcfg/get_hostname": "string",
    "netcfg/get_domain": "string",
    "netcfg/wireless_wep": "string",
    "netcfg/target_network_config": "select",
    "mirror/country": "select string",  # choose-mirror-bin
    "mirror/protocol": "select string",
    "mirror/suite": "select string",
    "mirror/http/hostname": "string",
    "mirror/http/directory": "string",
    "mirror/http/proxy": "string",
    "mirror/https/hostname": "string",
    "mirror/https/directory": "string",
    "mirror/https/proxy": "string",
    "mirror/ftp/hostname": "string",
    "mirror/ftp/directory": "string",
    "mirror/ftp/proxy": "string",
    # fetched from the mirror
    "clock-setup/utc": "boolean",  # clock-setup
    "clock-setup/ntp": "boolean",
    "clock-setup/ntp-server": "string",
    "time/zone": "string",  # tzsetup-udeb
    "passwd/root-login": "boolean",  # user-setup-udeb
    "passwd/root-password-crypted": "password",
    "passwd/make-user": "boolean",
    "partman/early_command": "string",  # partman-base
    "partman/choose_partition": "select",
    "partman/confirm": "boolean",
    "partman/confirm_nooverwrite": "boolean",
    "partman-auto/method": "string",  # partman-auto
    "partman-auto/choose_recipe": "select",
    "partman-auto/disk": "string",
    "partman-md/device_remove_md": "boolean",  # partman-md
    "partman-lvm/device_remove_lvm": "boolean",  # partman-lvm
    "partman-partitioning/confirm_write_new_label": "boolean",  # partman-partitioning
    "partman-efi/non_efi_system": "boolean",  # partman-efi
    "grub-installer/only_debian": "boolean",  # grub-installer
    "grub-installer/bootdev": "string",
    "apt-setup/enable-source-repositories": "boolean",  # apt-mirror-setup
    "tasksel/first": "multiselect",  # tasksel
    "pkgsel/include": "string",  # pkgsel
    "pkgsel/upgrade": "select",
    "pkgsel/update-policy": "select",
    "popularity-contest/participate": "boolean",  # popularity-contest
    "finish-install/reboot_in_progress": "note",  # finish-install
    "cdrom-detect/eject": "boolean",  # cdrom-detect
}
# apt-setup-udeb's generator asks for local0 to local9 and has no templates of them
LOCAL = re.compile(r"apt-setup/local[0-9]/(repository|comment|key|source)")
LOCAL_TYPES = {"repository": "string", "comment": "string", "key": "string",
               "source": "boolean"}
OWNERS = {"tasksel/first": "tasksel", "popularity-contest/participate": "popularity-contest"}
# by which a question of priority critical, or one without a default, is answered
ANSWERED = {"netcfg/get_hostname", "mirror/country", "passwd/root-password-crypted",
            "passwd/make-user", "time/zone", "partman-auto/method", "partman/confirm",
            "partman/confirm_nooverwrite", "partman/choose_partition",
            "partman-auto/choose_recipe", "tasksel/first", "finish-install/reboot_in_progress",
            "partman/early_command", "preseed/run", "preseed/late_command"}


def debconf_fault(owner, name, kind):
    if owner != OWNERS.get(name, "d-i"):
        return "%s is not %s's" % (name, owner)
    local = LOCAL.fullmatch(name)
    types = LOCAL_TYPES[local.group(1)] if local else DEBCONF.get(name)
    if types is None:
        return "no installer asks %s" % name
    return None if kind in types.split() else "%s is no %s" % (name, kind)


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
