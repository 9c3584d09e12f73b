# SPDX-License-Identifier: Apache-2.0
"""Holds JSON values against the schemas of an OpenAPI 3.1 document; knows the keywords that ours
uses and refuses others, so that no rule is passed over in silence."""
import re

_TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
_KNOWN = {"$ref", "type", "description", "properties", "required", "additionalProperties", "items",
          "enum", "pattern", "minimum", "maximum", "anyOf"}


def _is_a(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, _TYPES[name])


class Schemas:
    """The schemas of a document."""

    def __init__(self, document):
        self._document = document

    def _resolve(self, reference):
        node = self._document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
        return node

    def problems(self, value, schema, where="$"):
        """What is wrong with the value, as a list of texts."""
        if unknown := set(schema) - _KNOWN:
            raise ValueError(f"{where}: keywords that this check does not know: {unknown}")
        if "$ref" in schema:
            return self.problems(value, self._resolve(schema["$ref"]), where)
        found = []
        if "anyOf" in schema:
            tries = [self.problems(value, one, where) for one in schema["anyOf"]]
            if all(tries):
                found += min(tries, key=len)
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else types
        if types and not any(_is_a(value, name) for name in types):
            return found + [f"{where}: {value!r} is not {' or '.join(types)}"]
        if "enum" in schema and value not in schema["enum"]:
            found.append(f"{where}: {value!r} is none of {schema['enum']}")
        if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
            found.append(f"{where}: {value!r} does not match {schema['pattern']}")
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if value < schema.get("minimum", value) or value > schema.get("maximum", value):
                found.append(f"{where}: {value} is out of range")
        if isinstance(value, list) and "items" in schema:
            for number, item in enumerate(value):
                found += self.problems(item, schema["items"], f"{where}[{number}]")
        if isinstance(value, dict):
            found += self._members(value, schema, where)
        return found

    def _members(self, value, schema, where):
        found = [f"{where}: {name} is missing"
                 for name in schema.get("required", []) if name not in value]
        properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        for name, member in value.items():
            if name in properties:
                found += self.problems(member, properties[name], f"{where}.{name}")
            elif others is False:
                found.append(f"{where}: {name} is not described")
            elif isinstance(others, dict):
                found += self.problems(member, others, f"{where}.{name}")
        return found

    def answer(self, path, method, status):
        """The schema of an answer."""
        described = self._document["paths"][path][method]["responses"]
        if str(status) not in described:
            raise KeyError(f"{method} {path} does not describe status {status}")
        return described[str(status)]["content"]["application/json"]["schema"]
