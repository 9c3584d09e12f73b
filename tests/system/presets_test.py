#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every preset of config/examples loads without an error or a warning, so its schedule keeps what
the provider allows, and names the servers that the provider has.

usage: presets_test.py SOURCE MAILPROBED"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

source, program = pathlib.Path(sys.argv[1]), sys.argv[2]
# smtp and pop3: host and tls
EXPECTED = {
    "qq": [("smtp.qq.com", "implicit"), ("pop.qq.com", "implicit")],
    "163": [("smtp.163.com", "implicit"), ("pop.163.com", "implicit")],
    "gmail": [("smtp.gmail.com", "implicit"), ("pop.gmail.com", "implicit"),
              ("mail.example.org", "implicit"), ("mail.example.org", "implicit")],
    "outlook": [("smtp-mail.outlook.com", "starttls"), ("pop-mail.outlook.com", "implicit")],
    "own-server": [("mail.example.org", "implicit"), ("mail.example.org", "implicit")],
}
wrong = []
presets = {path.stem: path for path in (source / "config/examples").glob("*.yaml")}
if set(presets) != set(EXPECTED):
    wrong.append(f"presets are {sorted(presets)}, expected {sorted(EXPECTED)}")


def said(path, name):
    """What --check-config says of a file whose credentials are there."""
    with tempfile.TemporaryDirectory() as folder:
        for credential in (name, "other"):
            (pathlib.Path(folder) / credential).write_text("not-a-password\n")
        result = subprocess.run([program, "--config", str(path), "--check-config"], text=True,
                                env=os.environ | {"CREDENTIALS_DIRECTORY": folder}, check=False,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return result.returncode, result.stdout.strip()


for name, path in sorted(presets.items()):
    text = path.read_text(encoding="utf-8")
    servers = re.findall(r"^      host: (\S+)\n      tls: (\w+)", text, re.M)
    if servers != EXPECTED.get(name):
        wrong.append(f"{name}: servers are {servers}")
    status, lines = said(path, name)
    size = len(servers) // 2
    if status != 0 or not re.fullmatch(rf"\S+: ok, {size} probes, {size} accounts", lines):
        wrong.append(f"{name}: {lines}")
# Gmail lists sent mail: a route to itself would see what never arrived.
for route in re.findall(r"^    from: (\S+)\n    to: (\S+)", presets["gmail"].read_text(), re.M):
    if route[0] == route[1]:
        wrong.append("gmail: a route from the account to itself")
for name, window in (("qq", "{age: 30d}"), ("gmail", "{oldest: 250}")):
    if f"      window: {window}\n" not in presets[name].read_text(encoding="utf-8"):
        wrong.append(f"{name}: no window {window}")
# That silence means something: a schedule beyond the provider's limits is warned of.
with tempfile.TemporaryDirectory() as folder:
    hasty = pathlib.Path(folder) / "hasty.yaml"
    hasty.write_text(presets["gmail"].read_text().replace("interval: 30m", "interval: 10s"))
    if "\n" not in said(hasty, "gmail")[1]:
        wrong.append("no warning for a mail every 10 s at Gmail")
print("\n".join(wrong) or f"{len(presets)} presets load without a warning")
sys.exit(1 if wrong else 0)
