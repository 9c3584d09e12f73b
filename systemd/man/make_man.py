#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a man page from one of the Markdown references, so that there is one text to keep true.

usage: make_man.py NAME SECTION SUMMARY VERSION README.md OUTPUT [SYNOPSIS-HEADING]

Knows the Markdown that the references use: headings, paragraphs, lists, code, tables, links. Tables
become lists of terms, because a table with sentences in it does not fit a terminal. With
SYNOPSIS-HEADING the first table under that heading also gives the SYNOPSIS."""
import pathlib
import re
import sys

SEE_ALSO = {
    "mailprobed": r"\fBmailprobed.yaml\fR(5), \fBsystemd.exec\fR(5), \fBjournalctl\fR(1)",
    "mailprobed.yaml": r"\fBmailprobed\fR(8), \fBsystemd.exec\fR(5), \fBsystemd\-creds\fR(1)",
}
# Where the references point to each other.
PAGES = {"config/README.md": r"\fBmailprobed.yaml\fR(5)", "daemon/README.md": r"\fBmailprobed\fR(8)"}
SPAN = re.compile(
    r"(?P<ticks>`+)(?P<code>.+?)(?P=ticks)(?!`)"
    r"|\*\*(?P<bold>.+?)\*\*"
    r"|\[(?P<text>[^\]]+)\]\((?P<target>[^)\s]+)\)"
    r"|<(?P<url>https?://[^>]+)>")


def escaped(text):
    """Plain text as roff: nothing in it is an escape."""
    return text.replace("\\", "\\e").replace("-", "\\-")


def inline(text):
    """A run of Markdown text as roff."""
    out, at = [], 0
    for match in SPAN.finditer(text):
        out.append(escaped(text[at:match.start()]))
        at = match.end()
        if match["code"] is not None:
            out.append(f"\\fB{escaped(match['code'].strip() or match['code'])}\\fR")
        elif match["bold"] is not None:
            out.append(f"\\fB{inline(match['bold'])}\\fR")
        elif match["url"] is not None:
            out.append(escaped(match["url"]))
        elif match["target"].removeprefix("../") in PAGES:
            out.append(PAGES[match["target"].removeprefix("../")])
        else:
            out.append(inline(match["text"]))
            if match["target"].startswith("http"):
                out.append(f" <{escaped(match['target'])}>")
    out.append(escaped(text[at:]))
    return "".join(out)


def guarded(line):
    """A line of text that roff must not take for a request."""
    return "\\&" + line if line[:1] in (".", "'") else line


def cells(row):
    """The cells of a table's row; a bar within code is none."""
    parts, code, cell = [], False, ""
    for character in row.strip().strip("|"):
        if character == "`":
            code = not code
        if character == "|" and not code:
            parts.append(cell.strip())
            cell = ""
        else:
            cell += character
    return parts + [cell.strip()]


def table(rows):
    """A table as a list: its first column names the terms, its last one explains them, and what
    stands between goes into one line before the explanation."""
    heads, out = cells(rows[0]), []
    for row in map(cells, rows[2:]):
        out += [".TP", guarded(inline(row[0]) if "`" in row[0] else f"\\fB{inline(row[0])}\\fR")]
        facts = [f"{inline(head)} {inline(cell)}" for head, cell in zip(heads[1:-1], row[1:-1])
                 if cell]
        if facts:
            out += [guarded(f"\\fI{'; '.join(facts)}\\fR".replace("\\fR", "\\fI") + "\\fR"), ".br"]
        out.append(guarded(inline(row[-1])) if row[-1] else "\\&")
    return out + [".PP"]


def blocks(lines):
    """Yields (kind, lines) for each block of the page."""
    at = 0
    while at < len(lines):
        line, start = lines[at], at
        if line.startswith("```"):
            at += 1
            while at < len(lines) and not lines[at].startswith("```"):
                at += 1
            yield "code", lines[start + 1:at]
            at += 1
        elif line.startswith("    ") and line.strip():
            while at < len(lines) and (lines[at].startswith("    ") or not lines[at].strip()):
                at += 1
            yield "code", [text[4:] for text in "\n".join(lines[start:at]).rstrip().split("\n")]
        elif line.startswith("#"):
            yield "heading", [line]
            at += 1
        elif line.startswith("|"):
            while at < len(lines) and lines[at].startswith("|"):
                at += 1
            yield "table", lines[start:at]
        elif re.match(r"(-|\d+\.) ", line):
            at += 1
            while at < len(lines) and lines[at].startswith("  ") and lines[at].strip():
                at += 1
            yield "item", lines[start:at]
        elif not line.strip() or line.startswith("<!--"):
            at += 1
        else:
            while at < len(lines) and lines[at].strip() and not re.match(
                    r"[|#]|```|- |<!--", lines[at]):
                at += 1
            yield "text", lines[start:at]


def item(lines):
    mark, text = re.match(r"(-|\d+\.) +(.*)", " ".join(line.strip() for line in lines)).groups()
    return [f".IP {chr(92)}(bu 2" if mark == "-" else f".IP {mark} 4", guarded(inline(text))]


def body(lines, synopsis_heading):
    """The page below its title, and the lines of its synopsis."""
    out, synopsis, heading = [".SH DESCRIPTION"], [], ""
    previous = ""
    for kind, part in blocks(lines):
        if previous == "item" and kind in ("text", "code"):
            out.append(".PP")
        if kind == "heading":
            marks, heading = part[0].split(" ", 1)
            if len(marks) == 2:
                out.append(f".SH {inline(heading.replace('`', '')).upper()}")
            elif len(marks) > 2:
                out.append(f".SS {inline(heading.replace('`', ''))}")
        elif kind == "code":
            out += [".PP", ".RS 4", ".EX"]
            out += [guarded(escaped(line)) for line in part] + [".EE", ".RE", ".PP"]
        elif kind == "table":
            if heading == synopsis_heading and not synopsis:
                synopsis = [cells(row)[0].strip("`") for row in part[2:]]
            out += table(part)
        elif kind == "item":
            out += item(part)
        else:
            out += [".PP", guarded(inline(" ".join(line.strip() for line in part)))]
        previous = kind
    return out, synopsis


def tidy(lines):
    """Without paragraph marks that another request makes superfluous."""
    out = []
    for line in lines:
        if line == ".PP" and (not out or out[-1] == ".PP" or out[-1][:3] in (".SH", ".SS")):
            continue
        if out and out[-1] == ".PP" and line[:3] in (".SH", ".SS", ".TP", ".IP"):
            out.pop()
        out.append(line)
    return out


def page(name, section, summary, version, text, synopsis_heading):
    content, synopsis = body(text.splitlines(), synopsis_heading)
    out = [f'.TH {name.upper()} {section} "" "mailprobed {version}" "mailprobed"', ".ad l", ".nh",
           ".SH NAME",
           f"{escaped(name)} \\- {escaped(summary)}", ".SH SYNOPSIS"]
    if synopsis:
        for line in synopsis:
            out += [f"\\fB{escaped(line)}\\fR", ".br"]
        out.pop()
    else:
        out.append("\\fI/etc/mailprobed/mailprobed.yaml\\fR")
    return "\n".join(tidy(out + content + [".SH SEE ALSO", SEE_ALSO[name]])) + "\n"


def main():
    name, section, summary, version, source, target, *heading = sys.argv[1:]
    text = pathlib.Path(source).read_text(encoding="utf-8")
    pathlib.Path(target).write_text(
        page(name, section, summary, version, text, heading[0] if heading else None),
        encoding="utf-8")


if __name__ == "__main__":
    main()
