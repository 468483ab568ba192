"""Pages generated from the code: one for each word of the spec language, one for displays, the catalogue of
messages, and the JSON Schema of specs.

What a word gives is its docstring; its arguments come from the tables the reader uses; example and refusals
are conformance cases that pass. `python -m cdiscflow.pages` writes them; a test regenerates and compares.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path

from cdiscflow.home import CHECKOUT
from cdiscflow.pages_displays import displays_page
from cdiscflow.schema import spec_schema
from cdiscflow.selftest import Case, cases, refusals_of
from clinical.algorithms import ALGORITHMS
from clinical.errors import catalogue
from clinical.explain import in_english
from clinical.read import parse_yaml
from clinical.words import COMMON, NEEDED, WORDS, parse_word, with_lines

FIELDS = ("Rows", "Needs", "Gives", "Units", "Ties", "Missing", "Raises", "Source")
KINDS = {
    "name": "a name: `VAR`, `helper`, `DS.VAR`, `raw.FIELD`, `raw.FORM.FIELD`, `study.key`, `each.key`",
    "names": "a name, or a list of names",
    "column": "a column of another dataset or form: `DS.VAR`, `raw.FORM.FIELD`",
    "text": "text",
    "texts": "text, or a list of texts",
    "code": "the word `code`",
    "int": "a whole number",
    "number": "the word `number`",
    "template": "text with names in braces",
    "expression": "names, numbers, + - * / and parentheses",
    "lines": "a list of lines, each with one word",
    "condition": "a condition on the record being built",
    "where": "a condition on the records that are read",
    "sources": "`DS.VAR`, `DS`, `raw.FORM.FIELD`, or a list of them or of `{of, where}`",
    "match": "a mapping of the other's columns to names of this record",
    "reads": "a mapping of datasets (or `raw.FORM`) to lists of columns, or `all`",
}


def word_page(word: str) -> str:
    """The reference page of one word, in Markdown."""
    kind, arguments = WORDS[word]
    lines = [f"# {word}", "", *_described(word), "", f"Takes {_kind(kind)}.", ""]
    rows = [(name, _kind(each), name in NEEDED.get(word, ())) for name, each in arguments.items()]
    if rows:
        lines += ["| argument | is | needed |", "|---|---|---|"]
        lines += [f"| `{name}` | {text} | {'yes' if needed else ''} |" for name, text, needed in rows]
        lines.append("")
    common = ", ".join(f"`{name}`" for name in COMMON)
    lines += [f"Every word also takes {common}.", ""]
    mine = [case for case in cases() if case.topic == word]
    lines += _example(word, next(case for case in mine if "gives" in case.says and "lines" in case.says))
    lines += ["## What is refused", "", "| | message |", "|---|---|"]
    for case in mine:
        for text in refusals_of(case):
            lines.append(f"| {case.name} | `{text.split(': ', 2)[-1]}` |")
    return "\n".join([*lines, ""])


def _described(word: str) -> list[str]:
    """The word's docstring, its fields as a list."""
    lines = []
    for line in (inspect.getdoc(ALGORITHMS[word]) or "").split("\n"):
        name, colon, rest = line.partition(":")
        if colon and name in FIELDS:
            lines.append(f"- {name}: {rest.strip()}")
        else:
            lines.append(f"  {line.strip()}" if line.startswith("    ") else line)
    return lines


def _example(word: str, case: Case) -> list[str]:
    """The lines of a case that passes, what they say in English, what is collected and what comes of it."""
    spec = str(case.says["lines"])
    stated = parse_yaml(spec, case.topic)
    words = [each for name in stated for each in with_lines(parse_word(stated[name], name))]
    english = next(in_english(each) for each in words if each.word == word)
    lines = ["## Example", "", f"{case.name[0].upper()}{case.name[1:]}:", "", *_block(spec, "yaml")]
    lines += [f"In English: {english}", ""]
    for form, text in case.says["input"].items():
        if "|" in text:
            lines += [f"`raw.{form}`", "", *_block(text)]
    for name, text in case.says["gives"].items():
        lines += [f"gives `{name}`", "", *_block(text)]
    return lines


def _block(text: str, kind: str = "text") -> list[str]:
    return [f"```{kind}", *text.rstrip("\n").split("\n"), "```", ""]


def _kind(kind: str) -> str:
    return KINDS.get(kind) or " or ".join(f"`{choice}`" for choice in kind.split("|"))


def messages_page() -> str:
    """Every message the product can give, in Markdown, by id."""
    lines = ["# Messages", "", "`cdiscflow explain <id>` prints the same.", ""]
    for entry in sorted(catalogue().values(), key=lambda each: each.id):
        rule = f" Rule {entry.rule}." if entry.rule else ""
        text = [f"## {entry.id}", "", f"> {entry.text}", "", f"{entry.means}{rule}", ""]
        lines += [
            *text,
            f"Usual cause: {entry.cause}",
            "",
            f"To do: {entry.todo}",
            "",
            f"Since {entry.since}.",
            "",
        ]
    return "\n".join(lines)


def pages() -> dict[str, str]:
    """Every generated page by its path in the checkout."""
    language = "the language as a whole is in [spec_language.md](../design/spec_language.md)"
    listed = [f"- [{word}]({word}.md)" for word in WORDS]
    index = ["# The words of a spec", "", f"Generated from the code; {language}.", "", *listed, ""]
    index += ["[Displays](displays.md) have a language of their own.", ""]
    found = {f"docs/language/{word}.md": word_page(word) for word in WORDS}
    schema = json.dumps(spec_schema(), indent=1, ensure_ascii=False) + "\n"
    return {
        "docs/language/README.md": "\n".join(index),
        **found,
        "docs/language/displays.md": displays_page(CHECKOUT),
        "docs/messages.md": messages_page(),
        "docs/spec.schema.json": schema,
    }


def write_pages(root: Path = CHECKOUT) -> None:
    """Writes every generated page below `root`."""
    for name, text in pages().items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    write_pages()
