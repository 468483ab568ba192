"""Reading one value of a display file: a refusal says file, line and what was meant."""

from __future__ import annotations

import re

from clinical.errors import SpecError
from clinical.names import closest
from clinical.read import Mapping, Sequence, Text
from clinical.where import Condition, condition

NUMBER = re.compile(r"\d+(\.\d+)?")
EACH = "{each}"
SETTING = "study."
PART_OF_ONE = "above 0 and below 1, such as 0.95"
MOST_NAMED = 20
KINDS = {Text: "text", Mapping: "a mapping", Sequence: "a list"}

Filter = dict[str, Condition]


def place(node: Mapping, key: str, owner: str) -> str:
    """Where the value of `key` was written, in whichever file of an `extends` chain that is."""
    value = node.get(key)
    return f"{getattr(value, 'at', node.at)}: {owner}"


def known(node: Mapping, keys: tuple[str, ...], owner: str) -> None:
    """Refuses a key that is none of `keys`."""
    if not isinstance(node, Mapping):
        raise SpecError(
            "tlf.kind", f"{getattr(node, 'at', '')}: {owner}", key=owner.split(".")[-1], kind="a mapping"
        )
    for key in node:
        if key not in keys:
            raise SpecError("tlf.unknown-key", place(node, key, owner), key=key, hint=hint(key, keys))


def hint(word: str, options: tuple[str, ...]) -> str:
    """`; did you mean X?`; where none is near the options themselves, unless they are many."""
    near = closest(word, options)
    if near:
        return f"; did you mean {near}?"
    return f"; there is {', '.join(options)}" if 0 < len(options) <= MOST_NAMED else ""


def required(node: Mapping, key: str, owner: str, kind: type | None = None, at: object = "") -> object:
    """The value of `key`, of this kind."""
    if key not in node:
        raise SpecError("tlf.needed", f"{at or node.at}: {owner}", key=key)
    if kind and not isinstance(node[key], kind):
        raise SpecError("tlf.kind", place(node, key, owner), key=key, kind=KINDS[kind])
    return node[key]


def text(node: Mapping, key: str, owner: str, default: str) -> str:
    """The text of `key`, or the default."""
    return str(required(node, key, owner, Text)) if key in node else default


def texts(node: Mapping, key: str, owner: str) -> tuple[str, ...]:
    """The texts of a list, or one text as a list of one; none if the key is absent."""
    given = node.get(key, ())
    items = [given] if isinstance(given, Text) else given
    if isinstance(items, Mapping) or not all(isinstance(item, Text) for item in items):
        raise SpecError("tlf.kind", place(node, key, owner), key=key, kind="text or a list of texts")
    return tuple(str(item) for item in items)


def numbers(node: Mapping, key: str, owner: str) -> tuple[float, ...]:
    """The numbers of a list, or one number as a list of one."""
    required(node, key, owner)
    items = texts(node, key, owner)
    if not items or not all(NUMBER.fullmatch(item) for item in items):
        raise SpecError("tlf.kind", place(node, key, owner), key=key, kind="a number or a list of numbers")
    return tuple(float(item) for item in items)


def number(node: Mapping, key: str, owner: str, default: float) -> float:
    """The number of `key`, or the default."""
    if key not in node:
        return default
    if not (isinstance(node[key], Text) and NUMBER.fullmatch(node[key])):
        raise SpecError("tlf.kind", place(node, key, owner), key=key, kind="a number")
    return float(node[key])


def parts_of_one(node: Mapping, key: str, owner: str) -> tuple[float, ...]:
    """The numbers of a list, or one number as a list of one, each above 0 and below 1."""
    found = numbers(node, key, owner)
    if not all(0 < one < 1 for one in found):
        raise SpecError("tlf.kind", place(node, key, owner), key=key, kind=PART_OF_ONE)
    return found


def confidence(node: Mapping, owner: str) -> float:
    """The level of confidence of `conf`, 0.95 without it."""
    number(node, "conf", owner, 0)
    return parts_of_one(node, "conf", owner)[0] if "conf" in node else 0.95


def setting(study: Mapping, key: str, owner: str, at: str, kind: type) -> object:
    """The setting of study.yml that a display names."""
    if key not in study:
        near = hint(key, tuple(study)) if closest(key, study) else ""
        raise SpecError("tlf.no-setting", f"{at}: {owner}", key=key, hint=near)
    return required(study, key, owner, kind, at=at)


def choice(node: Mapping, key: str, options: tuple[str, ...], owner: str) -> str:
    """One of `options`; the first is the default."""
    given = text(node, key, owner, options[0])
    if given not in options:
        raise SpecError(
            "tlf.choice", place(node, key, owner), key=key, value=given, options=", ".join(options)
        )
    return given


def with_part(node: Mapping | Sequence, parts: tuple[str, ...], owner: str) -> Filter:
    """The condition for every part of the columns, `{each}` replaced by the part's key."""
    if EACH in _all_text(node) and parts == ("",):
        raise SpecError("tlf.each", f"{node.at}: {owner}")
    return {part: condition(replaced(node, {EACH: part}), owner) for part in parts}


def _all_text(node: object) -> str:
    if isinstance(node, Mapping):
        return " ".join(_all_text(value) for value in node.values())
    return " ".join(_all_text(item) for item in node) if isinstance(node, Sequence) else str(node)


def replaced(node: object, words: dict[str, str]) -> object:
    """The node with every word in braces replaced in its keys and texts."""
    if isinstance(node, Mapping):
        items = {_filled(key, words): replaced(value, words) for key, value in node.items()}
        return Mapping(items, node.at, {_filled(key, words): line for key, line in node.lines.items()})
    if isinstance(node, Sequence):
        return Sequence([replaced(item, words) for item in node], node.at)
    return Text(_filled(str(node), words), node.at, node.quoted)


def _filled(whole: str, words: dict[str, str]) -> str:
    for word, value in words.items():
        whole = whole.replace(word, value)
    for word, value in words.items():
        whole = whole.replace(word, value)
    return whole


def chosen(node: object, study: Mapping | None, owner: str) -> object:
    """The node, each `{study.SETTING: {value: this}}` in it replaced by what stands under the study's value.

    Missing: without a study every alternative stays.
    Raises:  SpecError when the study has no such setting, or nothing stands under its value.
    """
    if study is None or isinstance(node, str):
        return node
    if isinstance(node, Sequence):
        return Sequence([chosen(item, study, owner) for item in node], node.at)
    name = next(iter(node), "")
    if len(node) != 1 or not name.startswith(SETTING):
        items = {key: chosen(value, study, f"{owner}.{key}") for key, value in node.items()}
        return Mapping(items, node.at, node.lines)
    options = required(node, name, owner, Mapping)
    value = str(setting(study, name.removeprefix(SETTING), owner, node.at, Text))
    if value not in options:
        raise SpecError(
            "tlf.no-choice", f"{node.at}: {owner}", key=name, value=value, there=", ".join(options)
        )
    return chosen(options[value], study, owner)
