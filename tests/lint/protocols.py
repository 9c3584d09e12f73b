#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Few files outside the rooms of a protocol name it: a further protocol is a room, not a search.

    protocols.py ROOT"""
import pathlib
import re
import sys

# The files that may, and why. config/ is the place where operators name protocols.
MAY = {
    "probes/domain/settings/settings.hpp": "the closed list of protocols, and of their logins",
    "probes/domain/settings/settings.cpp": "their labels",
    "probes/monitor/mailbox_sessions.cpp": "makes the session that the settings ask for",
    "daemon/commands/transcript.cpp": "prints looks under the protocol's name",
}
MOST = 6
ROOMS = ("probes/wire/pop3/", "probes/session/pop3/", "config/")

root = pathlib.Path(sys.argv[1])
naming = set()
for house in ("probes", "daemon"):
    for path in sorted((root / house).rglob("*.[ch]pp")):
        name = str(path.relative_to(root))
        if not name.startswith(ROOMS) and re.search("pop3", path.read_text(), re.I):
            naming.add(name)
found = [f"{name}: names POP3, which only its rooms and the files of {sys.argv[0]} may"
         for name in sorted(naming - set(MAY))]
found += [f"{name}: need not be among the files that name POP3 any more"
          for name in sorted(set(MAY) - naming)]
if len(MAY) > MOST:
    found.append(f"{len(MAY)} files may name POP3; {MOST} are the most")
print("\n".join(found) or f"{len(MAY)} files outside its rooms name POP3")
sys.exit(1 if found else 0)
