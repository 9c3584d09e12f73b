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
    "gmail": [("smtp.gmail.com", "implicit"), ("pop.gmail.com", "implicit")],
    "outlook": [("smtp-mail.outlook.com", "starttls"), ("pop-mail.outlook.com", "implicit")],
    "own-server": [("mail.example.org", "implicit"), ("mail.example.org", "implicit")],
}
wrong = []
presets = {path.stem: path for path in (source / "config/examples").glob("*.yaml")}
if set(presets) != set(EXPECTED):
    wrong.append(f"presets are {sorted(presets)}, expected {sorted(EXPECTED)}")


def said(path, name):
    """What --check-config says of a file whose credential is there."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / name).write_text("not-a-password\n")
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
    if status != 0 or not re.fullmatch(r"\S+: ok, 1 probes, 1 accounts", lines):
        wrong.append(f"{name}: {lines}")
# That silence means something: a schedule beyond the provider's limits is warned of.
with tempfile.TemporaryDirectory() as folder:
    hasty = pathlib.Path(folder) / "hasty.yaml"
    hasty.write_text(presets["gmail"].read_text().replace("interval: 30m", "interval: 10s"))
    if "\n" not in said(hasty, "gmail")[1]:
        wrong.append("no warning for a mail every 10 s at Gmail")
print("\n".join(wrong) or f"{len(presets)} presets load without a warning")
sys.exit(1 if wrong else 0)
