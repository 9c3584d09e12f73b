#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manual pages hold every term of the references they are made from, and groff has nothing to
complain of.

usage: man_test.py SOURCE MAILPROBED"""
import pathlib
import re
import subprocess
import sys
import tempfile

source = pathlib.Path(sys.argv[1])
PAGES = (("mailprobed", "8", "daemon/README.md", ["Command line"]),
         ("mailprobed.yaml", "5", "config/README.md", []))
wrong, terms = [], 0


def rendered(path):
    """The page as a terminal shows it, words only, and what groff complains of."""
    result = subprocess.run(["groff", "-man", "-Tutf8", "-k", "-ww", "-rLL=200n", "-P-c", str(path)],
                            capture_output=True, text=True, check=True)
    plain = re.sub(r".\x08", "", result.stdout)
    return re.sub(r"\s+", " ", plain), result.stderr.strip()


with tempfile.TemporaryDirectory() as folder:
    for name, section, reference, more in PAGES:
        page = pathlib.Path(folder) / f"{name}.{section}"
        subprocess.run([sys.executable, str(source / "systemd/man/make_man.py"), name, section,
                        "a summary", "1.2.3", str(source / reference), str(page), *more], check=True)
        text, complaints = rendered(page)
        if complaints:
            wrong.append(f"{page.name}: {complaints}")
        for head in ("NAME", "SYNOPSIS", "DESCRIPTION", "SEE ALSO"):
            if head not in text:
                wrong.append(f"{page.name}: no {head}")
        if re.search(r"\]\(|\*\*|\|---", text):
            wrong.append(f"{page.name}: Markdown is left over")
        # The first code of each row of a table: an option, a key, a series.
        for term in re.findall(r"^\| ?`+([^`]+)`", (source / reference).read_text("utf-8"), re.M):
            terms += 1
            if re.sub(r"\s+", " ", term.strip()) not in text:
                wrong.append(f"{page.name}: without {term}")
print("\n".join(wrong) or f"{terms} terms are in the manual pages")
sys.exit(1 if wrong or terms < 100 else 0)
