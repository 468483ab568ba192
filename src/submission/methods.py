"""How each value is derived, in English: from the word that derives it, from a program's docstring, from the
rules handed to a program [F.5].
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from importlib import import_module

from clinical.explain import in_english
from clinical.read import Mapping, Sequence
from clinical.resolve import Names
from clinical.spec import Dataset, Part
from clinical.where import in_words
from clinical.words import Word, lines_of
from submission.origins import Given, programs_of


def method_text(names: Names, dataset: Dataset, variable: str, given: Iterable[Given]) -> str:
    """The sentences that say how a derived variable comes about, a line for each way; empty for none."""
    ways: dict[str, list[str]] = {}
    for one in given:
        if one.word is None:
            text = _unstated(names, dataset, variable)
        else:
            text = sentence_of(dataset, one.word)
        if text:
            ways.setdefault(text, []).append(_records(one.part) if one.part else "")
    if len(ways) == 1:
        return next(iter(ways))
    return "\n".join(f"{'; '.join(dict.fromkeys(where))}: {text}" for text, where in ways.items())


def sentence_of(dataset: Dataset, word: Word) -> str:
    """The word in English; of a program, what its docstring says."""
    text = _capital(in_english(word))
    told = [program_text(dataset, each) for each in (word, *lines_of(word)) if each.word == "program"]
    return " ".join([f"{text}.", *told])


def program_text(dataset: Dataset, word: Word) -> str:
    """The docstring of a program that a spec names, its paragraphs one text."""
    module = import_module(f"{dataset.layer}.{dataset.name.lower()}")
    return " ".join((inspect.getdoc(getattr(module, str(word.value))) or "").split())


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


def parameter_text(node: object) -> str:
    """The rules that a spec hands to a program for one parameter, as one readable line."""
    return _flow(node).removeprefix("{").removesuffix("}")


def _flow(node: object) -> str:
    if isinstance(node, Mapping | dict):
        return "{" + "; ".join(f"{key}: {_flow(value)}" for key, value in node.items()) + "}"
    if isinstance(node, Sequence | list):
        return "[" + ", ".join(_flow(value) for value in node) + "]"
    return str(node)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
