"""YAML that we write reads back as what was meant, and a change touches the line it is about."""

from __future__ import annotations

import copy
import random
from difflib import unified_diff

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdiscflow.yaml_patch import patched
from cdiscflow.yaml_text import block, document, flow, scalar
from clinical.read import parse_yaml, read_yaml
from tests.homes import ROOT

FILES = sorted(
    path for folder in ("mappings", "src", "validation") for path in (ROOT / folder).rglob("*.yml")
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TREES = st.recursive(
    TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)


def plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else str(value)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(TEXTS.filter(lambda key: key != "<<"), TREES, min_size=1, max_size=3))
def test_every_tree_reads_back_whatever_its_texts(tree):
    if "<<" in flow(tree):
        return
    assert parse_yaml(flow(tree), "") == tree
    assert parse_yaml("\n".join(block(tree)), "") == tree
    assert parse_yaml(document(tree, head="a\nb"), "") == tree


@pytest.mark.parametrize(
    ("text", "written"),
    [("raw.AETERM", "raw.AETERM"), ("10^6 cells/kg", "10^6 cells/kg"), ("no", '"no"'), ("0123", '"0123"'),
     ("12", "12"), ("1.50", "1.50"), ("false", "false"), ("", '""'), ("a: b", '"a: b"'),
     ("2024-01-01", '"2024-01-01"'),
     ("{USUBJID}", '"{USUBJID}"'), ("中文", "中文"), ("a\nb", '"a\\nb"'), ("- x", '"- x"'), ("#c", '"#c"')],
)  # fmt: skip
def test_a_text_is_plain_where_every_reader_takes_it_for_a_text(text, written):
    assert scalar(text) == written


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_change_of_any_shipped_file_is_made_in_place(path):
    """One value in ten places of each file: at most one line is added, one or more are taken."""
    text, tree = path.read_text("utf-8"), plain(read_yaml(path))
    assert patched(text, tree, "") == text
    dice = random.Random(path.name)
    for _ in range(10):
        wanted = copy.deepcopy(tree)
        edit(wanted, dice)
        made = patched(text, wanted, "")
        if made is None:
            assert parse_yaml(document(wanted), "") == wanted
            continue
        assert parse_yaml(made, "") == wanted
        lines = list(unified_diff(text.splitlines(), made.splitlines(), n=0, lineterm=""))[2:]
        assert sum(line.startswith("+") for line in lines) <= 1


def edit(tree: dict, dice: random.Random) -> None:
    """Replaces, removes or adds a value somewhere."""
    places: list[tuple] = []

    def walk(node: object) -> None:
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            places.append((node, key))
            walk(node[key])

    walk(tree)
    node, key = dice.choice(places)
    new = dice.choice(["new", "a: b", "{x}", "", " lead", "é\x07", {"a": "b"}, ["x", "y: z"]])
    way = dice.randrange(4)
    if way < 2:
        node[key] = new
    elif way == 2 and len(node) > 1:
        del node[key]
    elif isinstance(node, dict):
        node["added"] = new
    else:
        node.append(new)


def test_comments_and_blanks_beside_a_change_stay():
    text = "a:   1     # one\n\nb:\n  - {c: x}   # first\n  - {c: y}\n# end\n"
    assert patched(text, {"a": "2", "b": [{"c": "x"}, {"c": "z"}]}, "") == (
        "a:   2     # one\n\nb:\n  - {c: x}   # first\n  - {c: z}\n# end\n"
    )
    assert patched(text, {"a": "1", "b": [{"c": "x"}, {"c": "y"}, {"c": "new"}]}, "") == (
        "a:   1     # one\n\nb:\n  - {c: x}   # first\n  - {c: y}\n  - {c: new}\n# end\n"
    )


def test_what_cannot_be_changed_in_place_is_left_to_the_caller():
    assert patched("a: 1\n", {"b": "1"}, "") is None
    assert patched("- a\n", {"b": "1"}, "") is None
