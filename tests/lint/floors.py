#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Includes go downwards only: a floor is a directory, and each may include what the table says."""
import pathlib
import re
import sys

# What each directory may include of the tree, and which libraries it must not know.
OWN = {
    "probes/domain": ["probes/domain", "probes/wire"],
    "probes/wire": ["probes/domain", "probes/wire"],
    "probes/net": ["probes/net", "probes/domain"],
    "probes/session": ["probes/session", "probes/wire", "probes/domain", "probes/net/channel.hpp",
                       "probes/net/crypto.hpp", "probes/net/awaitable.hpp"],
    "probes/monitor": ["probes/monitor", "probes/session", "probes/net", "probes/domain",
                       "probes/wire"],
    "config": ["config", "probes/domain"],
    "daemon": ["daemon", "config", "probes"],
    # The embedded server shares no parser with the clients: a common mistake would hide itself.
    "tests/loopback": ["tests/loopback"],
}
ASIO, TLS = ["boost/"], ["openssl/"]
YAML, LOGS, METRICS = ["yaml-cpp/"], ["spdlog/", "fmt/"], ["prometheus/"]
NOT = {
    "probes/domain": ASIO + TLS + YAML + LOGS + METRICS,
    "probes/wire": ASIO + TLS + YAML + LOGS + METRICS,
    "probes/net": YAML + LOGS + METRICS,
    "probes/session": ["boost/asio/ip", "boost/asio/ssl"] + TLS + YAML + LOGS + METRICS,
    "probes/monitor": TLS + YAML + LOGS + METRICS,
    "config": ASIO + TLS + LOGS + METRICS,
    "daemon": YAML,
    "tests/loopback": YAML + LOGS + METRICS,
}
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.M)


def problems(root):
    for floor, allowed in OWN.items():
        for path in sorted((root / floor).glob("*.[ch]pp")):
            name = path.relative_to(root)
            for included in INCLUDE.findall(path.read_text()):
                inside = included.split("/")[0] in ("probes", "config", "daemon", "tests")
                if inside and not any(included == a or included.startswith(a + "/")
                                      for a in allowed):
                    yield f"{name}: {floor} must not include {included}"
                if any(included.startswith(library) for library in NOT[floor]):
                    yield f"{name}: {floor} must not know {included}"


found = list(problems(pathlib.Path(sys.argv[1])))
print("\n".join(found) or "includes go downwards")
sys.exit(1 if found else 0)
