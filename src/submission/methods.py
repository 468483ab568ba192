"""How each value is derived, in English: from the word that derives it, from a program's docstring, from the
rules handed to a program [F.5].
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache

from clinical.errors import SpecError
from clinical.explain import in_english
from clinical.fingerprint import SOURCE
from clinical.read import Mapping, Sequence
from clinical.resolve import Names
from clinical.spec import Dataset, Part
from clinical.study import Study
from clinical.where import condition, in_words
from clinical.words import Word, lines_of, own_names
from submission.origins import Given, programs_of

CONDITIONS = ("where", "when", "who", "usable", "records", "target", "new")
SETTING = re.compile(r"\bstudy\.([a-z_]\w*(?:\.\w+)*)")


def method_text(names: Names, dataset: Dataset, variable: str, given: Iterable[Given]) -> str:
    """The sentences that say how a derived variable comes about, a line for each way; empty for none."""
    ways: dict[str, list[str]] = {}
    for one in given:
        if one.word is None:
            text = _unstated(names, dataset, variable)
        else:
            text = sentence_of(names, dataset, one.word)
        if text:
            ways.setdefault(text, []).append(_records(one.part) if one.part else "")
    if len(ways) == 1:
        return next(iter(ways))
    return "\n".join(f"{'; '.join(dict.fromkeys(where))}: {text}" for text, where in ways.items())


def sentence_of(names: Names, dataset: Dataset, word: Word) -> str:
    """The word in English, with the helpers it names and the settings of the study; of a program, what its
    docstring says."""
    text = f"{'Copy of ' if word.word == 'copy' else ''}{_capital(in_english(word))}."
    told = [program_text(dataset, each) for each in (word, *lines_of(word)) if each.word == "program"]
    return with_settings(names.study, " ".join([text, *told, *_helpers(dataset, word, set())]))


def _helpers(dataset: Dataset, word: Word, told: set[str]) -> Iterator[str]:
    """What each lower-case name stands for, where words state it."""
    for name in own_names(word):
        if not name.islower() or "." in name or name in told:
            continue
        told.add(name)
        stated = dict.fromkeys(in_english(each) for _, each in dataset.statements(name))
        if stated:
            yield f"Here {name} is {' or '.join(stated)}."
        for _, each in dataset.statements(name):
            yield from _helpers(dataset, each, told)


def with_settings(study: Study, text: str) -> str:
    """`5 (cr_blast)` for `study.cr_blast`."""

    def value(found: re.Match[str]) -> str:
        given = study.setting(found[1])
        return f"{given} ({found[1]})" if isinstance(given, str) else found[0]

    return SETTING.sub(value, text)


def program_text(dataset: Dataset, word: Word) -> str:
    """The docstring of a program that a spec names, its paragraphs one text; read, never imported."""
    return _docstrings(dataset.layer, dataset.name.lower()).get(str(word.value), "")


@cache
def _docstrings(layer: str, name: str) -> dict[str, str]:
    path = SOURCE / layer / f"{name}.py"
    if not path.is_file():
        return {}
    functions = (one for one in ast.parse(path.read_text("utf-8")).body if isinstance(one, ast.FunctionDef))
    return {one.name: " ".join((ast.get_docstring(one) or "").split()) for one in functions}


def _unstated(names: Names, dataset: Dataset, variable: str) -> str:
    if variable == "USUBJID" and dataset.layer == "sdtm":
        shape = names.study.setting("subject.usubjid") or "{study}-{subject}"
        return f"The text '{shape}', subject being the number of the subject in the EDC after rescreening."
    if variable == names.sequence(dataset):
        keys = ", ".join(key for key in dataset.keys if key not in ("STUDYID", "USUBJID", variable))
        return f"1, 2, 3 ... within a subject, in the order of {keys}, then of the collected record."
    return " ".join(f"{program_text(dataset, word)}" for word in programs_of(dataset))


def _records(part: Part) -> str:
    """Which records a part makes: `Of form VS where VSND is missing`."""
    source = f"form {part.source[4:]}" if part.source.startswith("raw.") else part.source
    if part.program:
        return f"Records of the program {part.program.value}"
    where = f" where {in_words(part.where)}" if part.where else ""
    return f"Records of {source or 'the table'}{where}"


def parameter_text(rules: Mapping, defaults: Mapping | None = None) -> str:
    """The rules that a spec hands to a program for one parameter: a sentence for each key, then what the file
    says of all parameters."""
    text = " ".join(f"{_capital(key)}: {_flow(key, value)}." for key, value in rules.items())
    others = {key: value for key, value in (defaults or {}).items() if key not in rules}
    if not others:
        return text
    shared = "; ".join(f"{key} {_flow(key, value)}" for key, value in others.items())
    return f"{text} Of all parameters: {shared}."


def _flow(key: str, node: object) -> str:
    """A part of a rule in words: conditions in English, lists of lines numbered."""
    if key in CONDITIONS and isinstance(node, Mapping | Sequence):
        try:
            return in_words(condition(node))
        except SpecError:
            pass  # a key that is no condition of this program
    if isinstance(node, Mapping | dict):
        return ", ".join(f"{name} {_flow(name, value)}" for name, value in node.items())
    if isinstance(node, Sequence | list):
        if any(isinstance(one, Mapping) for one in node):
            return "; ".join(f"({place}) {_flow('', one)}" for place, one in enumerate(node, start=1))
        return ", ".join(map(str, node))
    return str(node)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
