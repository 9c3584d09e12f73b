#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shapes of co_await that g++ 12 compiles into something else without a word: in the condition of
if, while, for, do or switch; with an aggregate or a capturing lambda made in the same expression.
And co_await inside catch, which no compiler accepts, named here before it does."""
import pathlib
import re
import sys


def blank_comments_and_strings(text):
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"\((?:.|\n)*?\)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
                         re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def closing(text, start, pair):
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] == pair[0]) - (text[i] == pair[1])
        if depth == 0:
            return i
    return len(text)


def problems(text):
    code = blank_comments_and_strings(text)

    def line(at):
        return code.count("\n", 0, at) + 1

    for match in re.finditer(r"\b(if|while|for|switch)\s*(constexpr\s*)?\(", code):
        end = closing(code, match.end() - 1, "()")
        at = code.find("co_await", match.end(), end)
        if at >= 0:
            yield line(at), f"co_await in the condition of {match.group(1)}: name the result first"
    for match in re.finditer(r"\bco_await\b", code):
        end = code.find(";", match.end())
        expression = code[match.end():end]
        if re.search(r"\[[^\]]+\]\s*(\([^)]*\))?\s*(mutable\s*)?(->[^{]*)?\{", expression):
            yield line(match.start()), "capturing lambda inside a co_await expression: name it first"
        if re.search(r"[(,]\s*\{", expression) or re.search(r"\b[A-Z]\w*\s*\{[^}]", expression):
            yield line(match.start()), "aggregate made inside a co_await expression: name it first"
    for match in re.finditer(r"\bcatch\s*\([^)]*\)\s*\{", code):
        end = closing(code, match.end() - 1, "{}")
        at = code.find("co_await", match.end(), end)
        if at >= 0:
            yield line(at), "co_await inside catch"


def self_test():
    bad = ["if (co_await f()) {}", "while ((co_await g()).ok) {}", "co_await f({1, 2});",
           "co_await f(Point{1, 2});", "co_await f([x] { return x; });",
           "catch (const E& e) { co_await f(); }"]
    good = ["const bool r = co_await f(); if (r) {}", "// if (co_await f())",
            "for (auto& x : y) co_await f(x);", "co_await f(std::move(p));",
            "co_await t.async_wait(asio::as_tuple(asio::use_awaitable_t<Executor>{}));"]
    assert all(list(problems(text)) for text in bad), [t for t in bad if not list(problems(t))]
    assert not any(list(problems(text)) for text in good), [t for t in good if list(problems(t))]


self_test()
root = pathlib.Path(sys.argv[1])
found = [f"{path.relative_to(root)}:{number}: {what}"
         for folder in ("probes", "config", "daemon", "tests")
         for path in sorted((root / folder).rglob("*.[ch]pp"))
         for number, what in problems(path.read_text())]
print("\n".join(found) or "no co_await that g++ 12 miscompiles")
sys.exit(1 if found else 0)
