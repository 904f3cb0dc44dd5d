# SPDX-License-Identifier: Apache-2.0
"""A private slapd in a scratch folder, reached over ldapi, whose access rules can be changed."""

import glob
import os
import shutil
import subprocess
import time
import urllib.parse

from soak_site import SUFFIX

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ("/usr/lib/ldap", "/usr/lib64/openldap", "/usr/lib/openldap/modules",
           "/usr/libexec/openldap", *sorted(glob.glob("/usr/lib/*/openldap")))
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin:/usr/libexec:/usr/lib/openldap"


def is_installed():
    return all(shutil.which(program, path=PATH) for program in ("slapd", "ldapmodify"))


def modules():
    """slapd's loadable modules; nothing if it has what we need built in."""
    for folder in FOLDERS:
        if glob.glob(f"{folder}/syncprov.*"):
            return [f"modulepath {folder}"] + [
                f"moduleload {name}" for name in ("back_mdb", "syncprov")
                if glob.glob(f"{folder}/{name}.*")]
    return []


class Server:
    def __init__(self, folder, has_log=False):
        """With a session log slapd tells what is gone; else, and after a restart, what is left."""
        self.folder = folder
        self.process = None
        self.uri = "ldapi://" + urllib.parse.quote(folder + "/ldapi", safe="")
        os.makedirs(folder + "/db")
        root = f"gidNumber={os.getgid()}+uidNumber={os.getuid()},cn=peercred,cn=external,cn=auth"
        schema = next(f for f in ("/etc/ldap/schema", "/etc/openldap/schema")
                      if os.path.isdir(f))
        words = {"@SYSSCHEMA@": schema, "@SCHEMA@": SOURCE + "/schema", "@STATE@": folder,
                 "@ROOT@": root, "@MODULES@": "\n".join(modules()),
                 "database mdb": f'database config\nrootdn "{root}"\n\ndatabase mdb\ndbnosync\n'
                                'limits users size=unlimited\nlimits anonymous size=unlimited'}
        with open(SOURCE + "/contrib/example/slapd.conf", encoding="utf-8") as file:
            text = "".join(line for line in file
                           if not line.startswith(("#", "syncprov-sessionlog")))
        for word, value in words.items():
            text = text.replace(word, value)
        if has_log:
            text += "syncprov-sessionlog 20\n"
        with open(folder + "/slapd.conf", "w", encoding="utf-8") as file:
            file.write(text)

    def start(self):
        program = shutil.which("slapd", path=PATH)
        with open(self.folder + "/log", "ab") as log:
            self.process = subprocess.Popen(
                [program, "-d", "0", "-h", self.uri, "-f", self.folder + "/slapd.conf"],
                stdout=log, stderr=log)
        end = time.monotonic() + 20
        while subprocess.run(["ldapwhoami", "-Q", "-Y", "EXTERNAL", "-H", self.uri],
                             capture_output=True, check=False).returncode != 0:
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError("slapd does not start: see " + self.folder + "/log")
            time.sleep(0.02)

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def modify(self, ldif):
        """Sends change records; raises with what the server says if it refuses."""
        if not ldif:
            return
        done = subprocess.run(["ldapmodify", "-Q", "-Y", "EXTERNAL", "-H", self.uri],
                              input=ldif, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr + "\n" + ldif)

    def set_access(self, rules):
        """These come before `to * by * read`. They end with the process."""
        rules = rules + ["to * by * read"]
        self.modify("dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\n"
                    "replace: olcAccess\n" + "".join(
                        f"olcAccess: {{{i}}}{rule}\n" for i, rule in enumerate(rules)))


class Hidden:
    """What access rules hide: whole entries, or an attribute of all."""

    def __init__(self, subtree=None, entry=None, attribute=None):
        self.subtree, self.entry, self.attribute = subtree, entry, attribute

    def rules(self):
        if self.subtree:
            return [f'to dn.subtree="{self.subtree}" by * none']
        if self.entry:
            return [f'to dn.base="{self.entry}" by * none']
        return [f"to attrs={self.attribute} by * none"] if self.attribute else []

    def visible(self, entries):
        result = {}
        for dn, entry in entries.items():
            if dn == self.entry or (self.subtree and (
                    dn == self.subtree or dn.endswith("," + self.subtree))):
                continue
            result[dn] = {name: values for name, values in entry.items()
                          if name != self.attribute}
        return result


NOTHING = Hidden()
SUBTREES = [f"ou={unit},{SUFFIX}" for unit in ("vcns", "hosts", "networks", "images", "profiles")]
ATTRIBUTES = ["macAddress", "ipHostNumber", "vocGateway", "vocBridge", "vocInstall", "vocImage",
              "vocPhysicalHost", "vocImagePath", "vocInstallProfile", "vocAlias"]
