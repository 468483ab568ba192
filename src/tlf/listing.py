"""A listing as its file states it: records of one dataset, one a line, with what is known of their subject.

| key | holds |
|---|---|
| `columns` | `{name: {show, label, ...}}`, from left to right |
| `sort` | variables; missing comes last, what is still level follows the cells |
| `group` | names of columns that are printed once for a block of records; they stand on every page of columns |
| `page_by` | `{show, label, missing}`: a new page, with this heading, for each value |
| `once_for` | variables: records of a subject that agree in them share one line, that of the first |

A column's `show` is a variable or a text with variables in braces: `"{AESTDTC} / {AEENDTC}"`. A variable that the
records do not have is that of the subject in the population dataset. The other keys of a column:

| key | holds |
|---|---|
| `label` | its header; none: the variable |
| `from`, `where`, `by` | another dataset of the subject, which of its records, and the variables that agree: a list, or `{ours: theirs}`; several records are joined by `; ` |
| `decimals`, `significant` | digits of a number; none: as it is |
| `values` | `{value: text}` in place of values; others stay |
| `width` | the least width, in characters |
"""  # noqa: E501

from __future__ import annotations

import re
from dataclasses import dataclass

from clinical.errors import SpecError
from clinical.read import Mapping
from clinical.where import Condition, condition
from tlf.nodes import hint, known, number, place, required, text, texts

FIELD = re.compile(r"\{(\w+)\}")
COLUMN_KEYS = ("show", "label", "from", "where", "by", "decimals", "significant", "values", "width", "note")
KEYS = ("columns", "sort", "group", "page_by", "once_for")


@dataclass(frozen=True, eq=False)
class Shown:
    """One column: its text with variables in braces, where they are read, how they become text."""

    name: str
    at: str
    text: str
    label: str
    dataset: str = ""
    where: Condition | None = None
    by: tuple[tuple[str, str], ...] = ()
    decimals: int | None = None
    significant: int | None = None
    values: tuple[tuple[str, str], ...] = ()
    width: float = 0.0

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of its text."""
        return tuple(FIELD.findall(self.text))


@dataclass(frozen=True, eq=False)
class Listing:
    """What a listing shows, in what order, and what begins a page or a block."""

    columns: tuple[Shown, ...]
    sort: tuple[str, ...]
    group: tuple[str, ...]
    page_by: Shown | None
    page_missing: str
    once_for: tuple[str, ...]
    at: str

    @property
    def datasets(self) -> tuple[str, ...]:
        """What is read beside population and records."""
        return tuple(sorted({column.dataset for column in self.columns} - {""}))


def listing_of(node: Mapping, owner: str) -> Listing:
    """The listing that `listing` of a display states.

    Raises: SpecError for an unknown key, no column, a `group` that names none.
    """
    owner = f"{owner}.listing"
    known(node, KEYS, owner)
    stated = required(node, "columns", owner, Mapping)
    columns = tuple(
        _shown(name, given, place(stated, name, f"{owner}.{name}")) for name, given in stated.items()
    )
    names = tuple(column.name for column in columns)
    group = texts(node, "group", owner)
    for one in group:
        if one not in names:
            raise SpecError("tlf.no-column", place(node, "group", owner), name=one, hint=hint(one, names))
    page_by, missing = _page_by(node["page_by"], owner) if "page_by" in node else (None, "")
    by_name = {column.name: column for column in columns}
    return Listing(
        columns=(*(by_name[name] for name in group), *(one for one in columns if one.name not in group)),
        sort=texts(node, "sort", owner),
        group=group,
        page_by=page_by,
        page_missing=missing,
        once_for=texts(node, "once_for", owner),
        at=place(node, "sort", owner),
    )


def _page_by(node: Mapping, owner: str) -> tuple[Shown, str]:
    owner = f"{owner}.page_by"
    known(node, ("show", "label", "missing", "values"), owner)
    missing = text(node, "missing", owner, "Missing")
    kept = Mapping({key: node[key] for key in node if key != "missing"}, node.at, node.lines)
    return _shown("page_by", kept, f"{node.at}: {owner}"), missing


def _shown(name: str, node: Mapping, at: str) -> Shown:
    owner = at.split(": ")[-1]
    known(node, COLUMN_KEYS, owner)
    given = text(node, "show", owner, "") or str(required(node, "show", owner))
    template = given if "{" in given else f"{{{given}}}"
    if not FIELD.search(template) or "{" in FIELD.sub("", template):
        raise SpecError("tlf.show", place(node, "show", owner), text=given)
    if "from" not in node and ("where" in node or "by" in node):
        raise SpecError("tlf.needed", at, key="from")
    return Shown(
        name=name,
        at=at,
        text=template,
        label=text(node, "label", owner, given),
        dataset=text(node, "from", owner, ""),
        where=condition(node["where"], owner) if "where" in node else None,
        by=_agreeing(node, owner),
        decimals=int(number(node, "decimals", owner, 0)) if "decimals" in node else None,
        significant=int(number(node, "significant", owner, 0)) if "significant" in node else None,
        values=_values(node, owner),
        width=number(node, "width", owner, 0.0),
    )


def _agreeing(node: Mapping, owner: str) -> tuple[tuple[str, str], ...]:
    if isinstance(node.get("by"), Mapping):
        return tuple((ours, text(node["by"], ours, owner, "")) for ours in node["by"])
    return tuple((one, one) for one in texts(node, "by", owner))


def _values(node: Mapping, owner: str) -> tuple[tuple[str, str], ...]:
    if "values" not in node:
        return ()
    given = required(node, "values", owner, Mapping)
    return tuple((value, text(given, value, owner, "")) for value in given)
