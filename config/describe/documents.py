#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes from the tables of keys (mailprobed-keys) what people and their editors read: the tables of
config/README.md, of which the manual page is made, and config/mailprobed.schema.json.

    documents.py KEYS ROOT [--write]

Without --write it fails if one of them is not as it would be made."""
import difflib
import json
import pathlib
import re
import subprocess
import sys

PATTERNS = {
    "name": r"^[A-Za-z0-9._-]{1,64}$",
    "address": r"^[!-~]+@[!-~]+$",
    # A name or an address, without brackets and port.
    "host": r"^(?![.])(?!.*[.][.])[A-Za-z0-9._-]+$|^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$",
    "IP address": r"^[0-9A-Fa-f.:]+$",
    "address:port": r"^.+:[0-9]{1,5}$",
}
# Of single keys.
OWN_PATTERNS = {"ehlo_name": r"^[^\s/@]+$", "authserv_id": r"^\S+$", "credential": r"^[^/]+$"}
NAMES = {"headers": r"^[!-9;-~]+$", "labels": r"^(?!__)[A-Za-z_][A-Za-z0-9_]*$"}
# The reader takes every scalar as the text that stands in the file: the account `163` needs no quotes,
# and a number may have some.
TEXT = {"type": ["string", "number", "boolean"], "minLength": 1}
DURATION = r"^(?=[0-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$"
HEAD = "| key | type | default | range | meaning |"
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def readable(safe):
    """Where a password would cross the network readable that must be said to be wanted."""
    return {"if": {"properties": {"tls": {"const": "none"}, "auth": {"not": {"enum": safe}}},
                   "required": ["tls"]},
            "then": {"properties": {"allow_plaintext_auth": {"const": True}},
                     "required": ["allow_plaintext_auth"]}}


# Rules between the keys of one map.
BETWEEN = {
    "tag_key": {"oneOf": [{"required": ["file"]}, {"required": ["credential"]}]},
    "tag_key.previous": {"minProperties": 1, "maxProperties": 1},
    "accounts[]": {"anyOf": [{"required": ["smtp"]}, {"required": ["pop3"]}]},
    "accounts[].smtp": {"if": {"properties": {"auth": {"const": "none"}}, "required": ["auth"]},
                        "then": {"properties": {"password": False, "username": False}},
                        "else": {"required": ["password"]},
                        "allOf": [readable(["none", "cram-md5"])]},
    "accounts[].smtp.password": {"minProperties": 1, "maxProperties": 1},
    "accounts[].pop3": {"required": ["password"], "allOf": [readable(["apop"])]},
    "accounts[].pop3.password": {"minProperties": 1, "maxProperties": 1},
}


def default_cell(key):
    if "default" in key:
        return f"`{key['default']}`"
    return "required" if "required" in key else key.get("otherwise", "")


def row(key):
    meaning = key["meaning"]
    if "example" in key:
        meaning += f"; example: `{key['example']}`"
    cells = [f"`{key['name']}`", key["type"], default_cell(key), key.get("range", ""), meaning]
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def with_tables(page, sections):
    """The page with every table of keys made anew. A heading names the sections that its table is of;
    what they have in common stands in the table of a heading that names them all."""
    lines, named, told = [], [], {}
    source = iter(page.splitlines())
    for line in source:
        if line.startswith("## "):
            named = []
        if line.startswith("### "):
            named = re.findall(r"`([^`]+)`", line) or [""]
        lines.append(line)
        if line != HEAD:
            continue
        lines.append(next(source))
        rows = [[row(key) for key in sections[path]] for path in named]
        for text in rows[0]:
            if all(text in others for others in rows) and text not in told.get(named[0], ()):
                lines.append(text)
                for path in named:
                    told.setdefault(path, []).append(text)
        for line_after in source:
            if not line_after.startswith("| `"):
                lines.append(line_after)
                break
    for path, keys in sections.items():
        if len(told.get(path, ())) != len(keys):
            raise SystemExit(f"config/README.md has no table for some keys of {path or 'the file'}")
    return "\n".join(lines) + "\n"


def check_restarts(page, sections):
    """The sentence about reloads names the keys that a reload cannot change."""
    fixed = {f"{path}.{key['name']}".lstrip(".")
             for path, keys in sections.items() for key in keys if "restart" in key}
    sentence = re.search(r"^- (.*) need a restart", page, re.M)[1]
    if set(re.findall(r"`([^`]+)`", sentence)) != fixed:
        raise SystemExit(f"config/README.md, Reloading: these need a restart: {sorted(fixed)}")


def text_schema(key):
    kind = key["type"].split(",")[0]
    pattern = OWN_PATTERNS.get(key["name"], PATTERNS.get(kind))
    # No number looks like one of these.
    schema = {"type": "string"} if kind in ("IP address", "address:port", "address") else dict(TEXT)
    if pattern:
        schema["pattern"] = pattern
    return schema


def definition(path):
    """Brackets would have to be escaped in a reference."""
    return path.replace("[]", "")


def value_schema(key):
    kind = key["kind"]
    reference = {"$ref": f"#/definitions/{definition(key['section'])}"} if "section" in key else None
    if kind == "text":
        return text_schema(key)
    if kind == "texts":
        return {"anyOf": [text_schema(key), {"type": "array", "items": text_schema(key),
                                             "minItems": 1, "uniqueItems": True}]}
    if kind == "boolean":
        return {"enum": [True, False, "true", "false"]}
    if kind == "word":
        words = key["words"]
        return {"enum": words + [int(word) for word in words if word.isdigit()]}
    if kind == "duration":
        return {"type": "string", "pattern": DURATION}
    if kind == "integer":
        return {"anyOf": [{"type": "integer", "minimum": int(key["least"]),
                           "maximum": int(key["greatest"])},
                          {"type": "string", "pattern": "^[0-9]+$"}]}
    if kind == "number":
        return {"anyOf": [{"type": "number", "minimum": float(key["least"]),
                           "maximum": float(key["greatest"])},
                          {"type": "string", "pattern": "^[0-9]+([.][0-9]+)?$"}]}
    if kind == "pairs":
        return {"type": "object", "maxProperties": 32,
                "propertyNames": {"pattern": NAMES[key["name"]]},
                "additionalProperties": {"type": TEXT["type"]}}
    if kind == "command":
        return {"type": "array", "items": {"type": TEXT["type"]}, "minItems": 1}
    if kind == "list":
        return {"type": "array", "items": reference}
    if kind == "secret":
        return {"anyOf": [TEXT, reference]}
    assert kind == "map", kind
    # Draft 7 ignores what stands beside a reference.
    return {"allOf": [reference]}


def description(key):
    parts = [LINK.sub(r"\1", key["meaning"])]
    if key["kind"] in ("duration", "integer", "number"):
        parts.append(f"Range: {key['range']}.")
    if "default" in key:
        parts.append(f"Default: {key['default']}.")
    elif "otherwise" in key:
        parts.append(f"Default: {key['otherwise']}.")
    if "restart" in key:
        parts.append("A change needs a restart.")
    return "\n\n".join(parts)


def typed(key, text):
    if key["kind"] == "boolean":
        return text == "true"
    return {"integer": int, "number": float}.get(key["kind"], str)(text)


def map_schema(path, keys):
    schema = {"type": "object", "additionalProperties": False, "properties": {}}
    required = [key["name"] for key in keys if "required" in key]
    if required:
        schema["required"] = required
    for key in keys:
        value = value_schema(key)
        value["description"] = description(key)
        if "default" in key:
            value["default"] = typed(key, key["default"])
        if "example" in key and key["kind"] in ("text", "texts"):
            value["examples"] = [key["example"]]
        schema["properties"][key["name"]] = value
    between = dict(BETWEEN.get(path, {}))
    schema["required"] = schema.get("required", []) + between.pop("required", [])
    if not schema["required"]:
        del schema["required"]
    schema.update(between)
    return schema


def schema_of(sections):
    root = {"$schema": "http://json-schema.org/draft-07/schema#",
            "title": "Configuration of mailprobed",
            **map_schema("", sections[""])}
    for name in ("accounts", "probes"):
        root["properties"][name]["minItems"] = 1
    root["definitions"] = {definition(path): map_schema(path, keys) for path, keys in sections.items() if path}
    return json.dumps(root, indent=1, ensure_ascii=False) + "\n"


def main():
    keys, root, *options = sys.argv[1:]
    told = json.loads(subprocess.run([keys], stdout=subprocess.PIPE, check=True, text=True).stdout)
    sections = {section["path"]: section["keys"] for section in told}
    folder = pathlib.Path(root) / "config"
    page = folder / "README.md"
    check_restarts(page.read_text(), sections)
    wrong = 0
    for file, text in ((page, with_tables(page.read_text(), sections)),
                       (folder / "mailprobed.schema.json", schema_of(sections))):
        if "--write" in options:
            file.write_text(text)
            continue
        now = file.read_text()
        wrong += now != text
        sys.stdout.writelines(difflib.unified_diff(
            now.splitlines(True), text.splitlines(True), str(file), "as made from the keys"))
    if wrong:
        sys.exit("`make documents` makes these files anew")


main()
