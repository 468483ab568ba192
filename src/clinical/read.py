"""YAML as the spec language has it: every scalar is text, every value knows its file and line.

Anchors, tags and merge keys are refused and a key given twice is an error, because each of them makes two
readers see two specs (style.md, Specs).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from clinical.errors import SpecError


@dataclass(frozen=True)
class At:
    """Where a value was written: `mappings/<study>/sdtm/dm.yml:14`."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Text(str):
    """A scalar as it was written; `NO`, `0123` and `1:30` stay what they are."""

    at: At
    quoted: bool

    def __new__(cls, value: str, at: At, quoted: bool = False) -> Text:
        text = super().__new__(cls, value)
        text.at = at
        text.quoted = quoted
        return text


class Mapping(dict):
    """A YAML mapping; `at` is its first line, `lines` where each key was written (a base's keys in its own
    file).
    """

    def __init__(self, items: dict | None = None, at: At | None = None, lines: dict[str, At] | None = None):
        super().__init__(items or {})
        self.at = at or At("", 0)
        self.lines = dict(lines or {})

    def line(self, key: str) -> At:
        """Where `key` was written."""
        return self.lines.get(key, self.at)


class Sequence(list):
    """A YAML sequence."""

    def __init__(self, items: list | None = None, at: At | None = None):
        super().__init__(items or [])
        self.at = at or At("", 0)


Value = Text | Mapping | Sequence


def find(node: Mapping, path: str) -> Value | None:
    """What stands under a dotted name, such as `subject.shape`; None where there is nothing."""
    found: Value | None = node
    for key in path.split("."):
        if not isinstance(found, Mapping) or key not in found:
            return None
        found = found[key]
    return found


def read_yaml(path: Path, root: Path | None = None) -> Mapping:
    """The mapping that `path` holds; positions name the file relative to `root`.

    Raises: SpecError for what YAML itself refuses, text that is not UTF-8, a key given twice, an anchor,
            alias, tag
            or merge key, and a document that is not a mapping.
    """
    name = path.relative_to(root).as_posix() if root else str(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = fault.object.count(b"\n", 0, fault.start) + 1
        raise SpecError("spec.not-yaml", At(name, line), problem="not UTF-8") from fault
    return parse_yaml(text, name)


def parse_yaml(text: str, name: str) -> Mapping:
    """As `read_yaml`, for text; `name` stands for the file in messages."""
    try:
        _refuse_sharing(text, name)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        line = mark.line + 1 if mark else 1
        raise SpecError("spec.not-yaml", At(name, line), problem=fault.problem or str(fault)) from fault
    except yaml.reader.ReaderError as fault:
        line = text.count("\n", 0, fault.position) + 1
        raise SpecError("spec.not-yaml", At(name, line), problem=fault.reason) from fault
    if node is None:
        return Mapping(at=At(name, 1))
    if not isinstance(node, yaml.MappingNode):
        raise SpecError("spec.not-a-mapping", At(name, node.start_mark.line + 1))
    return _value(node, name)


def _refuse_sharing(text: str, name: str) -> None:
    if not any(sign in text for sign in "&*!"):
        return
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        tagged = getattr(event, "tag", None) is not None
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) or tagged:
            raise SpecError("spec.sharing", At(name, event.start_mark.line + 1))


def _value(node: yaml.Node, name: str) -> Value:
    at = At(name, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        return Text(node.value, at, quoted=node.style in ("'", '"', "|", ">"))
    if isinstance(node, yaml.SequenceNode):
        return Sequence([_value(item, name) for item in node.value], at)
    items: dict[str, Value] = {}
    lines: dict[str, At] = {}
    for key_node, value_node in node.value:
        line = At(name, key_node.start_mark.line + 1)
        if not isinstance(key_node, yaml.ScalarNode):
            raise SpecError("spec.key-not-text", line)
        key = key_node.value
        if key == "<<":
            raise SpecError("spec.sharing", line)
        if key in items:
            raise SpecError("spec.key-twice", line, key=key, first=lines[key].line, second=line.line)
        items[key] = _value(value_node, name)
        lines[key] = line
    return Mapping(items, at, lines)
