"""A dataset against transport format and define.xml: the two directions [F-1, F-2, F-XPT].

Work is per distinct value of a column; text of subjects is never in what is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from clinical.distinct import distinct, longest, spread
from clinical.xpt import Variable
from clinical.xpt_layout import LABEL_BYTES, NAME_BYTES
from submission.define_read import DefineFile, GroupDef, ItemDef, Ref
from submission.tree import Fault, Part, Tree, fault

NAME = re.compile(rf"[A-Z][A-Z0-9_]{{0,{NAME_BYTES - 1}}}")
PLAIN = re.compile(r"[ -~]*")
NUMERIC = ("integer", "float")
FORMS = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "datetime": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?"),
    "partialDate": re.compile(r"\d{4}(-\d\d(-\d\d)?)?"),
    "partialDatetime": re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d)?)?)?)?)?"),
    "durationDatetime": re.compile(r"-?P[0-9YMDTHSW.]+"),
}
DATES = ("DT", "DTM", "TM")
NOT_DATES = ("ELTM",)


def check_file(part: Part) -> Iterator[Fault]:
    """What the file is by itself: readable, named as its dataset, ASCII, no longer than it must be."""
    content = part.content
    if content is None:
        yield fault("gate.xpt", part.file, part.name, problem=str(part.problem))
        return
    if content.name != part.name:
        yield fault("gate.member", part.file, part.name, found=content.name)
    if not content.label:
        yield fault("gate.dataset-label", part.file, part.name, found="blank", right="a label")
    if not len(content.frame):
        yield fault("gate.no-records", part.file, part.name)
    for variable in content.variables:
        yield from _variable(part, variable)
    yield from _text(part)


def _variable(part: Part, variable: Variable) -> Iterator[Fault]:
    at = (part.file, part.name, variable.name)
    if not NAME.fullmatch(variable.name):
        yield fault("gate.variable-name", *at)
    if not variable.label or len(variable.label) > LABEL_BYTES or not PLAIN.fullmatch(variable.label):
        yield fault("gate.variable-blank-label", *at)
    is_date = variable.name.endswith(DATES) and not variable.name.endswith(NOT_DATES)
    if part.layer == "adam" and is_date and variable.type == "Num" and not variable.format:
        yield fault("gate.date-format", *at)


def _text(part: Part) -> Iterator[Fault]:
    for variable in part.content.variables:
        if variable.type != "Char":
            continue
        at = (part.file, part.name, variable.name)
        column = part.content.frame[variable.name]
        _, values = distinct(column)
        strange = sum(not PLAIN.fullmatch(value) for value in values)
        if strange:
            yield fault("gate.ascii", *at, count=strange)
        blank = sum(value[:1] == " " for value in values)
        if blank:
            yield fault("gate.leading-blank", *at, count=blank)
        if "." in values:
            yield fault("gate.dot", *at)
        used = max(longest(column), 1)
        if variable.length > used and not part.split:
            yield fault("gate.padded", *at, length=variable.length, used=used)


def check_against(tree: Tree, define: DefineFile, part: Part) -> Iterator[Fault]:
    """A dataset and what the document says of it."""
    group = next((one for one in define.groups if one.name == part.name), None)
    if group is None or part.content is None:
        return  # the one is gate.define-orphan, the other gate.xpt
    content = part.content
    if group.label != content.label:
        yield fault("gate.dataset-label", part.file, part.name, found=content.label, right=group.label)
    if not group.has_data and len(content.frame):
        yield fault("gate.has-data", part.file, part.name, count=len(content.frame))
    defined = {define.items[ref.item].name: (ref, define.items[ref.item])
               for ref in group.refs if ref.item in define.items}  # fmt: skip
    present = {variable.name: variable for variable in content.variables}
    for name in [name for name in present if name not in defined]:
        yield fault("gate.undefined", part.file, part.name, name)
    for name in [name for name in defined if name not in present]:
        yield fault("gate.absent", part.file, part.name, name)
    shared = [name for name in present if name in defined]
    if shared != [name for name in defined if name in present]:
        yield fault("gate.order", part.file, part.name)
    for name in shared:
        yield from _one(define, part, present[name], *defined[name])
        yield from _value_level(define, part, *defined[name])
    yield from _keys(define, group, part)


def _one(define: DefineFile, part: Part, variable: Variable, ref: Ref, item: ItemDef) -> Iterator[Fault]:
    at = (part.file, part.name, variable.name)
    column = part.content.frame[variable.name]
    if item.label != variable.label:
        yield fault("gate.label", *at)
    numeric = item.data_type in NUMERIC or (item.data_type in FORMS and variable.type == "Num")
    if numeric != (variable.type == "Num"):
        yield fault("gate.type", *at, found=variable.type, right=item.data_type)
        return
    if item.length and variable.type == "Char" and item.length != variable.length:
        yield fault("gate.length", *at, found=variable.length, right=item.length)
    if item.data_type == "integer" and pd.api.types.is_float_dtype(column):
        broken = int((np.modf(column.dropna().to_numpy())[0] != 0).sum())
        if broken:
            yield fault("gate.integer", *at, count=broken)
    form = FORMS.get(item.data_type)
    if form is not None and variable.type == "Char":
        _, values = distinct(column)
        broken = sum(not form.fullmatch(value) for value in values)
        if broken:
            yield fault("gate.data-type", *at, count=broken, right=item.data_type)
    if ref.mandatory and column.isna().any():
        yield fault("gate.mandatory", *at, count=int(column.isna().sum()))
    yield from _codes(define, item, column, at)


def _codes(define: DefineFile, item: ItemDef, column: pd.Series, at: tuple[str, str, str]) -> Iterator[Fault]:
    values, external = define.codelists.get(item.codelist, (frozenset(), True))
    if external:
        return
    unknown = sorted(set(shown(column)) - values)
    if unknown:
        yield fault("gate.unlisted", *at, count=len(unknown), codelist=item.codelist)


def shown(column: pd.Series) -> list[str]:
    """The distinct values of a column as a code list or where-clause writes them."""
    if pd.api.types.is_float_dtype(column):
        return [str(int(one)) if one == int(one) else repr(float(one)) for one in column.dropna().unique()]
    _, values = distinct(column.astype("str"))
    return list(values)


def _value_level(define: DefineFile, part: Part, ref: Ref, item: ItemDef) -> Iterator[Fault]:
    """Each value under its where-clause: records there are, none too long; each record under some clause."""
    refs = define.value_lists.get(item.values, ())
    if not refs:
        return
    frame = part.content.frame
    column = frame[item.name]
    met = np.zeros(len(frame), dtype=bool)
    for one in refs:
        value = define.items.get(one.item)
        mask = _where(define, one.where, frame)
        if value is None or mask is None:
            continue
        met |= mask
        at = (part.file, part.name, item.name)
        own = column[mask].dropna()
        if not len(own):
            yield fault("gate.where-nothing", *at, oid=one.where)
        elif (
            value.data_type == "text"
            and not pd.api.types.is_float_dtype(column)
            and longest(own) > value.length
        ):
            yield fault("gate.value-long", *at, oid=value.oid, length=value.length, used=longest(own))
    left = int((column.notna().to_numpy() & ~met).sum())
    if left:
        yield fault("gate.value-undefined", part.file, part.name, item.name, count=left)


def _where(define: DefineFile, oid: str, frame: pd.DataFrame) -> np.ndarray | None:
    """The records of a where-clause; None for one of comparisons that are not EQ or IN of this dataset."""
    mask = np.ones(len(frame), dtype=bool)
    for item, comparator, values in define.where.get(oid, ()):
        known = define.items.get(item)
        if known is None or known.name not in frame or comparator not in ("EQ", "IN"):
            return None
        column = frame[known.name]
        if pd.api.types.is_float_dtype(column):
            mask &= column.isin([float(value) for value in values]).to_numpy()
        else:
            mask &= column.isin(list(values)).to_numpy(dtype=bool)
    return mask if oid in define.where else None


def _keys(define: DefineFile, group: GroupDef, part: Part) -> Iterator[Fault]:
    """The keys tell every record from every other, and the records stand in their order."""
    frame = part.content.frame
    refs = sorted((ref for ref in group.refs if ref.key), key=lambda ref: ref.key)
    names = [define.items[ref.item].name for ref in refs if ref.item in define.items]
    names = [name for name in names if name in frame]
    if not names or not len(frame):
        return
    repeated = int(frame.duplicated(names).sum())
    if repeated:
        yield fault("gate.keys", part.file, part.name, count=repeated, names=" ".join(names))
    ways = ((first, numbers) for first in (True, False) for numbers in (False, True))
    if not any(_in_order(frame, names, *way) for way in ways):
        yield fault("gate.keys-order", part.file, part.name, names=" ".join(names))


def _ranks(column: pd.Series, missing_first: bool, numbers: bool) -> np.ndarray:
    """The place of each value among all; with `numbers`, text that is a number by its number (IDVARVAL)."""
    if (
        numbers
        and not pd.api.types.is_numeric_dtype(column)
        and not pd.api.types.is_datetime64_any_dtype(column)
    ):
        codes, values = distinct(column)
        keys = [(0, int(value), value) if value.isdecimal() else (1, 0, value) for value in values]
        order = {key: place for place, key in enumerate(sorted(keys), start=1)}
        ranks = np.array([order[key] for key in keys], dtype="float64")
        return spread(codes, ranks, 0.0 if missing_first else float(len(values) + 1))
    return column.rank(method="dense", na_option="top" if missing_first else "bottom").to_numpy()


def _in_order(frame: pd.DataFrame, names: list[str], missing_first: bool, numbers: bool) -> bool:
    """Whether each record comes after the one before it, missing values before or after all others."""
    later = np.zeros(max(len(frame) - 1, 0), dtype=bool)
    for name in names:
        step = np.diff(_ranks(frame[name], missing_first, numbers))
        if ((step < 0) & ~later).any():
            return False
        later |= step > 0
    return True
