#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The store decides nothing: what is known of a mail comes as whole states. An INSERT replaces by
what it was given (`a = excluded.a`), and an UPDATE sets what it was given (`a = :a`) where the key
says so. Anything else in a statement is a rule, and rules are the ledger's.

    sql.py ROOT"""
import pathlib
import re
import sys

STORE = "daemon/store"
# Migrations turn rows of old versions into such of this one.
LEFT_OUT = {"schema.cpp"}
# A run that could not read the ledger takes a mail of it for an orphan: only the store can know.
EXCEPTIONS = ("UPDATE mails SET verdict = 'unobserved', judged_ns = :wall, arrived = 1,"
              " arrived_attempt = :attempt, detail = 'the ledger could not be read when"
              " mailprobed started' WHERE mail = :mail AND verdict = ''",)
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
BETWEEN = re.compile(r'"[ \t]*(?://[^\n]*)?\n\s*(?://[^\n]*\n\s*)*"')


def statements(source):
    """The string literals of a source, neighbours joined as the compiler does."""
    return LITERAL.findall(BETWEEN.sub("", source))


def faults(statement):
    if statement in EXCEPTIONS:
        return []
    found = []
    for match in re.finditer(r"\bDO UPDATE SET (.*)", statement):
        for assignment in filter(None, match[1].split(", ")):
            if not re.fullmatch(r"(\w+) = excluded\.\1", assignment.strip()):
                found.append(f"an INSERT that replaces by a rule: {assignment.strip()}")
    match = re.match(r"UPDATE (\w+) SET (.*?)(?: WHERE (.*))?$", statement)
    if match:
        for assignment in match[2].split(", "):
            if not re.fullmatch(r"\w+ = :\w+", assignment):
                found.append(f"an UPDATE that decides: {assignment}")
        if not re.fullmatch(r"\w+ = :\w+", match[3] or ""):
            found.append(f"an UPDATE of more than a key: WHERE {match[3]}")
    writes = re.match(r"UPDATE|INSERT", statement)
    if writes and re.search(r"\bCASE\b|\bSELECT\b|\bON CONFLICT\b.*\bWHERE\b", statement):
        found.append("a condition in a statement")
    return found


PLANTED = ("UPDATE mails SET refused = 1 WHERE mail = :mail",
           "UPDATE mails SET bounced = :bounced WHERE mail = :mail AND arrived = 0",
           "UPDATE mails SET removed = removed + :copies WHERE mail = :mail",
           "UPDATE mails SET bounced = :bounced",
           "INSERT INTO evidence (mail) VALUES (:m) ON CONFLICT (mail) DO UPDATE SET"
           " copies = evidence.copies + excluded.copies",
           "INSERT INTO mails (mail) VALUES (:m) ON CONFLICT (mail) DO UPDATE SET a = excluded.b")


def main(root):
    for statement in PLANTED:
        if not faults(statement):
            sys.exit(f"the lint does not see what is wrong with: {statement}")
    wrong = []
    seen = 0
    for file in sorted((root / STORE).glob("*.[ch]pp")):
        if file.name in LEFT_OUT:
            continue
        for statement in statements(file.read_text()):
            seen += "UPDATE" in statement
            wrong += [f"{file.relative_to(root)}: {fault}" for fault in faults(statement)]
    print("\n".join(wrong) or f"{seen} statements change rows, and none of them decides")
    sys.exit(bool(wrong) or not seen)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
