# SPDX-License-Identifier: Apache-2.0
"""config/mailprobed.schema.json against what the reader takes and refuses: all files of this tree, the
operators' mistakes of the golden test, and a value of each kind drawn for every key.

    schema_test.py KEYS ROOT

Needs python3-jsonschema and python3-yaml."""
import copy
import json
import pathlib
import re
import subprocess
import sys

import jsonschema
import yaml

# Mistakes that no schema can see: they are between parts of the file, or outside of it.
UNSEEN = {
    "06-dangling-reference": "a reference to a name that stands elsewhere",
    "16-shared-mailbox": "two accounts compared with each other",
    "23-colliding-ids": "hashes of names",
    "24-ca-file": "what a file holds",
}

# Values that are good, but not beside what the base says: no login with a password, no TLS without
# `allow_plaintext_auth`.
BESIDE = (("accounts[].smtp", "auth", "none"), ("accounts[].smtp", "tls", "none"),
          ("accounts[].pop3", "tls", "none"))

BASE = {"tag_key": {"file": "key"}, "web": {}, "log": {}, "defaults": {"timeouts": {}, "poll": {}},
        "accounts": [{"name": "me", "address": "me@example.org",
                      "smtp": {"host": "smtp.example.org", "password": {"file": "x"}, "timeouts": {}},
                      "pop3": {"host": "pop.example.org", "password": {"file": "x"}, "window": {},
                               "timeouts": {}, "poll": {}}}],
        "probes": [{"name": "route", "from": "me", "to": "me"}]}


class Loader(yaml.SafeLoader):  # pylint: disable=too-many-ancestors
    """As editors read YAML (1.2): on, off, yes and no are texts; a key given twice is an error."""
    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers
                if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        if len(set(keys)) != len(keys):
            raise yaml.YAMLError("a key is given twice")
        return super().construct_mapping(node, deep)


Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))


class Judge:
    def __init__(self, root):
        self.schema = json.loads((root / "config/mailprobed.schema.json").read_text())
        jsonschema.Draft7Validator.check_schema(self.schema)
        self.validator = jsonschema.Draft7Validator(self.schema)
        self.judged = 0
        self.wrong = []

    def complaints(self, text):
        try:
            return [error.message for error in
                    self.validator.iter_errors(yaml.load(text, Loader))]  # a SafeLoader
        except yaml.YAMLError as error:
            return [str(error)]

    def expect(self, good, what, text):
        self.judged += 1
        complaints = self.complaints(text)
        if bool(complaints) == good:
            self.wrong.append(f"{what}: {complaints or 'passes'}")


def map_at(document, path):
    for part in filter(None, path.split(".")):
        document = document[part.removesuffix("[]")]
        if part.endswith("[]"):
            document = document[0]
        elif document is None:
            return None
    return document


def values(key):
    """Values that the reader takes for this key, and some that it refuses."""
    good, bad = [], [[["wrong"]], None]
    if "default" in key:
        good.append(yaml.load(key["default"], Loader) if key["kind"] != "texts" else key["default"])
    if "example" in key and key["kind"] != "pairs":
        good.append(yaml.load(key["example"], Loader))
    if key["kind"] == "pairs":
        good.append({"X-Team" if key["name"] == "headers" else "team": "mail"})
        bad += ["X-Team: mail", {"a": ["b"]}, {"two words": "x"}]
    if key["kind"] == "word":
        good += key["words"]
        bad += ["perhaps", {}]
    if key["type"].startswith("host"):
        good += ["mail.example.org", "192.0.2.1", "::1", "a_b", True]
        bad += ["https://mail.example.org", "me@example.org"]
        if key["name"] != "ehlo_name":
            bad += ["mail.example.org:465", "[::1]", "a..b", ".a", "münchen.de"]
    if key["type"].startswith("address:port"):
        good += ["[::1]:0", ["127.0.0.1:1", "localhost:2"]]
        bad += [10995, ":10995", "localhost"]
    if key["type"] == "name":
        good += [163, "163", True]
        bad += ["two words", "x" * 65]
    if key["kind"] == "boolean":
        good += [True, "true", "false"]
        bad += ["perhaps", 1]
    if key["kind"] in ("integer", "number"):
        number = int if key["kind"] == "integer" else float
        good += [number(key["least"]), number(key["greatest"]), key["greatest"]]
        bad += [number(key["least"]) - 0.5, number(key["greatest"]) + 1, "many"]
    if key["kind"] == "duration":
        good += [key["least"], key["greatest"], "1m30s"]
        bad += [60, "1.5h", "30 s", "1s1m", "", "soon"]
    if key["kind"] in ("map", "list"):
        bad += ["text", 7]
    if key["kind"] in ("text", "texts"):
        bad += [{}, ""]
    if key["kind"] == "texts":
        bad.append([])
    return good, bad


def drawn(judge, keys):
    told = json.loads(subprocess.run([keys], stdout=subprocess.PIPE, check=True, text=True).stdout)
    judge.expect(True, "the base", yaml.safe_dump(BASE))
    for section in told:
        path = section["path"]
        only_one = path == "tag_key" or path.endswith("password")
        for key in section["keys"]:
            good, bad = values(key)
            for right, value in [(True, one) for one in good] + [(False, one) for one in bad]:
                document = copy.deepcopy(BASE)
                if path == "tag_key.previous":
                    document["tag_key"]["previous"] = {}
                where = map_at(document, path)
                if only_one and key["name"] != "previous":
                    where.clear()
                where[key["name"]] = value
                judge.expect(right and (path, key["name"], value) not in BESIDE,
                             f"{path}.{key['name']} = {value!r}", yaml.safe_dump(document))
        document = copy.deepcopy(BASE)
        if path == "tag_key.previous":
            document["tag_key"]["previous"] = {"file": "old"}
        map_at(document, path)["colour"] = "blue"
        judge.expect(False, f"an unknown key in {path or 'the file'}", yaml.safe_dump(document))


def main():
    keys, root = sys.argv[1], pathlib.Path(sys.argv[2])
    judge = Judge(root)
    files = [*root.glob("config/*.yaml"), *root.glob("config/examples/*.yaml")]
    assert len(files) > 5
    for file in files:
        judge.expect(True, file.name, file.read_text())
    for block in re.findall(r"```yaml\n(.*?)```", (root / "config/README.md").read_text(), re.S):
        judge.expect(True, "a block of README.md", block)
    mistakes = sorted((root / "tests/unit/config/golden/config").glob("*.yaml"))
    assert len(mistakes) > 30
    for file in mistakes:
        refused = any(not line.startswith("warning: ")
                      for line in file.with_suffix(".expected").read_text().splitlines())
        judge.expect(not refused or file.stem in UNSEEN, file.name, file.read_text())
    drawn(judge, keys)
    for line in judge.wrong:
        print(line)
    print(f"{judge.judged} documents, {len(judge.wrong)} judged otherwise than by the reader")
    sys.exit(bool(judge.wrong))


main()
