"""YAML as our files are written: a mapping on one line where it fits, else a line a key; text plain or
quoted.

What is written here reads back as the same tree (`clinical.read.parse_yaml`), whatever the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import yaml

from clinical.errors import SpecError
from clinical.read import parse_yaml

WIDTH = 110
LONGEST_PADDED = 14
Path = tuple[str | int, ...]
_WHOLE = re.compile(r"0|[1-9][0-9]{0,14}(\.[0-9]+)?")
_MAP, _STR = "tag:yaml.org,2002:map", "tag:yaml.org,2002:str"
_RESOLVER = yaml.SafeLoader("")


@lru_cache(maxsize=1 << 14)
def scalar(text: str) -> str:
    """The text as a YAML scalar: plain where every reader takes it for this text, else in double quotes.

    Numbers, `true` and `false` are plain, as people write them: in our specs every scalar is text.
    """
    if text in ("true", "false") or _WHOLE.fullmatch(text):
        return text
    if text.isprintable() and _is_string(text) and _reads_back(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else _escaped(ord(c)) for c in quoted)


def _escaped(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _is_string(text: str) -> bool:
    """Whether YAML 1.1 has no other type for the plain text, such as a truth value or a date."""
    return _RESOLVER.resolve(yaml.ScalarNode, text, (True, False)) == _STR


def _reads_back(text: str) -> bool:
    """Whether the plain text stays itself wherever it may stand: in a flow list, as a key and as a value."""
    try:
        read = parse_yaml(f"k: [{text}]\nm: {{{text}: {text}}}\n{text}: {text}  # end", "")
    except SpecError:
        return False
    return read == {"k": [text], "m": {text: text}, text: text}


def flow(value: object) -> str:
    """A tree on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(str(key))}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(str(value))


def block(
    tree: Mapping[str, object], comments: Mapping[Path, str] | None = None, indent: int = 0, path: Path = ()
) -> list[str]:
    """The lines of a mapping; `comments` are added behind the line of their key, by its path in the tree."""
    said, lines, margin = comments or {}, [], " " * indent
    width = _padded(tree, path)
    for key, value in tree.items():
        here = (*path, str(key))
        comment = f"  # {said[here]}" if here in said else ""
        name = f"{scalar(str(key))}:"
        line = f"{margin}{name.ljust(width)} {flow(value)}"
        inner = any(each[: len(here)] == here and each != here for each in said)
        if not inner and (len(line) <= WIDTH or not _has_lines(value)) and (*path, key) != ("rows", "union"):
            lines.append(line + comment)
        elif isinstance(value, Mapping):
            lines += [f"{margin}{name}{comment}", *block(value, said, indent + 2, here)]
        else:
            lines += [f"{margin}{name}{comment}", *_items(value, said, indent + 2, here)]
    return lines


def _padded(tree: Mapping[str, object], path: Path) -> int:
    """How wide the keys of a list of variables or fields are written; other mappings are not padded."""
    longest = max((len(scalar(str(key))) for key in tree), default=0)
    listed = bool(path) and path[-1] in ("fields", "variables", "supp")
    return longest + 1 if listed and longest <= LONGEST_PADDED else 0


def _has_lines(value: object) -> bool:
    return bool(value) and not isinstance(value, str)


def _items(items: Sequence[object], said: Mapping[Path, str], indent: int, path: Path) -> list[str]:
    margin, lines = " " * indent, []
    for place, item in enumerate(items):
        comment = f"  # {said[*path, place]}" if (*path, place) in said else ""
        line = f"{margin}- {flow(item)}"
        if len(line + comment) > WIDTH and isinstance(item, Mapping) and len(item) > 1:
            inner = block(item, said, indent + 2, (*path, place))
            lines += [f"{margin}- {inner[0].lstrip()}{comment}", *inner[1:]]
        else:
            lines.append(line + comment)
    return lines


def document(tree: Mapping[str, object], comments: Mapping[Path, str] | None = None, head: str = "") -> str:
    """A whole file; `head` is the comment that it begins with.

    Top-level lists of fields and variables have a line an entry, however short they are.
    """
    lines = [f"# {line}".rstrip() for line in head.splitlines()]
    for key, value in tree.items():
        if key in ("fields", "variables", "supp") and _has_lines(value) and isinstance(value, Mapping):
            lines += [f"{key}:", *block(value, comments, 2, (key,))]
        else:
            lines += block({key: value}, comments)
    return "\n".join(lines) + "\n"
