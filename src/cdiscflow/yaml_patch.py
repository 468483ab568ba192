"""Changes in a YAML file that touch no line but those of what changes: comments and layout stay.

`patched` compares the file with the tree it should hold and replaces the smallest values that differ. What it
gives was read back and is that tree; where it cannot, the caller writes the file anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher

import yaml

from cdiscflow.yaml_text import block, flow, scalar
from clinical.errors import SpecError
from clinical.read import parse_yaml

Edit = tuple[int, int, str]  # from, to, the text that stands there instead


class _NotInPlace(Exception):
    """A change that cannot be made line by line."""


def patched(text: str, target: Mapping[str, object], name: str) -> str | None:
    """`text` changed to hold `target`; None where only writing it anew would do."""
    edits: list[Edit] = []
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
        if not isinstance(root, yaml.MappingNode):
            return None
        _Patch(text, edits).compare(root, target)
        made = _applied(text, edits)
        return made if parse_yaml(made, name) == target else None
    except (_NotInPlace, SpecError, yaml.YAMLError):
        return None


def _applied(text: str, edits: list[Edit]) -> str:
    last = len(text)
    for start, end, new in sorted(edits, reverse=True):
        if end > last:
            raise _NotInPlace
        text, last = text[:start] + new + text[end:], start
    return text


class _Patch:
    """The edits that make a text hold another tree."""

    def __init__(self, text: str, edits: list[Edit]):
        self.text, self.edits = text, edits

    def compare(self, node: yaml.Node, value: object) -> None:
        """Adds the edits that make `node` say `value`."""
        if plain(node) == value:
            return
        if isinstance(node, yaml.MappingNode) and isinstance(value, Mapping) and value:
            flow_style = node.flow_style or not node.value
            (self._flow_mapping if flow_style else self._block_mapping)(node, value)
        elif isinstance(node, yaml.SequenceNode) and isinstance(value, list) and value:
            self._sequence(node, value)
        else:
            self._replace(node, value)

    def _replace(self, node: yaml.Node, value: object) -> None:
        start, end = node.start_mark.index, self._end(node)
        if _is_block(node):
            start = self.text.rindex(":", 0, start) + 1
            if self.text[start : node.start_mark.index].strip():
                raise _NotInPlace
            self.edits.append((start, end, " " + flow(value)))
        elif start == end:
            self.edits.append((start, end, " " + flow(value)))
        else:
            self.edits.append((start, end, flow(value)))

    def _flow_mapping(self, node: yaml.MappingNode, value: Mapping[str, object]) -> None:
        there = {key.value: (key, each) for key, each in node.value}
        if list(there) == list(value) or (set(there) == set(value)):
            for key, each in value.items():
                self.compare(there[key][1], each)
            return
        parts = []
        for key, each in value.items():
            if key in there and plain(there[key][1]) == each:
                parts.append(self.text[there[key][0].start_mark.index : self._end(there[key][1])])
            else:
                parts.append(f"{scalar(key)}: {flow(each)}")
        if any("\n" in part or "#" in part for part in parts):
            raise _NotInPlace
        self.edits.append((node.start_mark.index, node.end_mark.index, "{" + ", ".join(parts) + "}"))

    def _block_mapping(self, node: yaml.MappingNode, value: Mapping[str, object]) -> None:
        there = {key.value: (key, each) for key, each in node.value}
        column = node.value[0][0].start_mark.column
        for key, (of_key, each) in there.items():
            if key in value:
                self.compare(each, value[key])
            else:
                self._remove_lines(of_key.start_mark.index, self._end(each))
        before = None
        for key, each in value.items():
            if key in there:
                before = key
                continue
            lines = "\n".join(_entry(key, each, column))
            if before is None:
                raise _NotInPlace
            end = self._line_end(self._end(there[before][1]))
            self.edits.append((end, end, "\n" + lines))

    def _sequence(self, node: yaml.SequenceNode, value: list[object]) -> None:
        old = [plain(item) for item in node.value]
        if len(old) == len(value):
            for item, each in zip(node.value, value, strict=True):
                self.compare(item, each)
            return
        if node.flow_style or not old:
            written = {flow(o): self.text[i.start_mark.index : self._end(i)]
                       for o, i in zip(old, node.value, strict=True)}  # fmt: skip
            parts = [written.get(flow(each), flow(each)) for each in value]
            if any("\n" in part for part in parts):
                raise _NotInPlace
            self.edits.append((node.start_mark.index, node.end_mark.index, "[" + ", ".join(parts) + "]"))
            return
        self._block_items(node, old, value)

    def _block_items(self, node: yaml.SequenceNode, old: list[object], value: list[object]) -> None:
        margin = " " * node.start_mark.column
        matcher = SequenceMatcher(None, [flow(each) for each in old], [flow(each) for each in value], False)
        for kind, first, last, start, end in matcher.get_opcodes():
            if kind == "equal":
                continue
            if kind != "insert":
                if first == 0 and last == len(old):
                    raise _NotInPlace
                for item in node.value[first:last]:
                    self._remove_lines(self.text.rindex("-", 0, item.start_mark.index), self._end(item))
            new = "".join(f"\n{margin}- {flow(each)}" for each in value[start:end])
            if new and first == 0:
                raise _NotInPlace
            if new:
                place = self._line_end(self._end(node.value[first - 1]))
                self.edits.append((place, place, new))

    def _remove_lines(self, start: int, end: int) -> None:
        begin = self.text.rfind("\n", 0, start) + 1
        if self.text[begin:start].strip() or begin == 0:
            raise _NotInPlace
        self.edits.append((begin - 1, self._line_end(end), ""))

    def _line_end(self, index: int) -> int:
        found = self.text.find("\n", index)
        return len(self.text) if found < 0 else found

    def _end(self, node: yaml.Node) -> int:
        """Where what a node holds ends, without the blank lines and comments that follow."""
        if _is_block(node) and node.value:
            last = node.value[-1]
            return self._end(last[1] if isinstance(node, yaml.MappingNode) else last)
        end = node.end_mark.index
        if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
            end = node.start_mark.index + len(self.text[node.start_mark.index : end].rstrip())
        return end


def _is_block(node: yaml.Node) -> bool:
    return isinstance(node, yaml.CollectionNode) and not node.flow_style


def _entry(key: str, value: object, column: int) -> list[str]:
    return block({key: value}, indent=column)


def plain(node: yaml.Node) -> object:
    """What a node says, as text, lists and mappings."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: plain(each) for key, each in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [plain(item) for item in node.value]
    return node.value
