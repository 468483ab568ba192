"""The words that read other records: first, last, count, total, lookup, pick and program.

Records meet only within a person (or study-wide, where one side belongs to nobody). Work is done per person
or per distinct question, never per record.
"""

from __future__ import annotations

import inspect
from importlib import import_module

import numpy as np
import pandas as pd

from clinical import dates, results
from clinical.errors import DerivationError
from clinical.frames import (
    Column,
    Frame,
    codes_of,
    constant,
    expand,
    first_of_groups,
    group_codes,
    joint_codes,
    ranks_of,
    same_type,
    take,
)
from clinical.kinds import DATE, UNKNOWN
from clinical.resolve import split_source
from clinical.rows import Records, Rows, column_of, kind_of, tested
from clinical.where import Column as Other
from clinical.where import Condition, mask
from clinical.words import Source, Word


def numbers(column: Column, comma: bool = False) -> np.ndarray:
    """The column as float64; text that is no number is missing."""
    if pd.api.types.is_float_dtype(column):
        return column.to_numpy()
    return results.to_number(column, comma)[0].to_numpy()


def first(rows: Rows, word: Word) -> Column:
    """The value of the earliest record of the subject, over all sources.

    Without `order` the value itself decides and must be a date or a number; a partial date counts from the
    earliest moment it can mean. With `order` the record decides, whether it has a value or not.

    Ties:    the more complete date, then the earlier record. A record without order comes first only among
             its like.
    Missing: no record.
    """
    return _end(rows, word, last=False)


def last(rows: Rows, word: Word) -> Column:
    """The value of the latest record of the subject, over all sources.

    Without `order` the value itself decides and must be a date or a number; a partial date counts to the
    latest moment it can mean. With `order` the record decides, whether it has a value or not.

    Ties:    the more complete date, then the later record. A record without order comes last only among its
             like.
    Missing: no record.
    """
    return _end(rows, word, last=True)


def _end(rows: Rows, word: Word, last: bool) -> Column:
    """Of all sources' records the one at an end of the order; partial dates by earliest or latest moment."""
    asker, pairs = _questions(rows, word)
    values, owners, order = [], [], []
    for source in word.value:
        records, column = _records(rows, source)
        owner, row = _matching(rows, word, source, records, asker, pairs)
        value = take(column_of(rows.build, records, column), row)
        usable = np.ones(len(row), dtype=bool)
        if word.args.get("complete"):
            usable = dates.is_complete(value)
        elif "order" not in word.args:
            usable = value.notna().to_numpy()
        row = row[usable]
        values.append(take(value, np.flatnonzero(usable)))
        owners.append(owner[usable])
        names = word.args.get("order", (column,))
        order.append([(take(tested(rows.build, records, name), row), kind_of(rows.build, records, name))
                      for name in names])  # fmt: skip
    keys = [_joint_key(parts, last) for parts in zip(*order, strict=True)]
    value = _together(values)
    if "order" not in word.args:
        keys.append(_known_parts(value, last))
    chosen = first_of_groups(np.concatenate(owners), keys, int(asker.max(initial=-1)) + 1, last)
    return take(value, _answers(chosen, asker))


def _together(columns: list[Column]) -> Column:
    return columns[0] if len(columns) == 1 else pd.concat(same_type(columns), ignore_index=True)


def _joint_key(parts: tuple[tuple[Column, str], ...], last: bool) -> np.ndarray:
    """One order over the records of all sources."""
    kinds = {kind for _, kind in parts}
    return order_key(
        _together([column for column, _ in parts]), kinds.pop() if len(kinds) == 1 else UNKNOWN, last
    )


def _answers(chosen: np.ndarray, asker: np.ndarray) -> np.ndarray:
    return np.append(chosen, -1)[asker]


def order_key(column: Column, kind: str, last: bool) -> np.ndarray:
    """What records are ordered by; a missing value is neither first nor last while another record has one."""
    if pd.api.types.is_float_dtype(column):
        return np.nan_to_num(column.to_numpy(), nan=-np.inf if last else np.inf)
    if pd.api.types.is_datetime64_any_dtype(column) or kind == DATE:
        dated = pd.api.types.is_datetime64_any_dtype(column)
        moments = column if dated else dates.latest(column) if last else dates.earliest(column)
        keys = moments.to_numpy().astype("datetime64[s]").astype("int64")
        missing = moments.isna().to_numpy()
    else:
        keys, missing = ranks_of(column), column.isna().to_numpy()
    end = np.iinfo("int64").min if last else np.iinfo("int64").max
    return np.where(missing, end, keys)


def _known_parts(column: Column, last: bool) -> np.ndarray:
    """On one moment the more complete date wins."""
    if not pd.api.types.is_string_dtype(column):
        return np.zeros(len(column), dtype="int64")
    length = column.str.len().fillna(0).to_numpy().astype("int64")
    return length if last else -length


def _records(rows: Rows, source: Source) -> tuple[Records, str]:
    head, column = split_source(source.of)
    if head.startswith("raw."):
        return rows.build.form(head[4:]), column
    return rows.build.dataset(head, rows.made.spec), column


def _questions(rows: Rows, word: Word) -> tuple[np.ndarray, bool]:
    """The question behind each record: its person, or the record itself if `where` looks at the record."""
    asked = [word.args.get("where"), *(source.where for source in word.value)]
    if any(where is not None and where.others for where in asked):
        return np.arange(rows.size), True
    if rows.made.study_wide:
        return np.zeros(rows.size, dtype="int64"), False
    return rows.person, False


def _matching(
    rows: Rows, word: Word, source: Source, records: Records, asker: np.ndarray, pairs: bool
) -> tuple[np.ndarray, np.ndarray]:
    """(question, row of records) for every record that the question may read."""
    conditions = [where for where in (word.args.get("where"), source.where) if where is not None]
    if not pairs:
        chosen = np.ones(len(records.person), dtype=bool)
        for where in conditions:
            chosen &= _plain(rows, records, where)
        rows.build.matched(rows.made.spec, word, source.of, conditions, records.person[chosen])
        row = np.flatnonzero(chosen)
        rows.build.use(rows.made.spec, records, row)
        if rows.made.study_wide:
            return np.zeros(len(row), dtype="int64"), row
        if records.study_wide:
            people = np.unique(asker[asker >= 0])
            return np.repeat(people, len(row)), np.tile(row, len(people))
        owner = records.person[row]
        inside = owner <= asker.max(initial=-1)
        return owner[inside].astype("int64"), row[inside]
    for where in conditions:
        if not where.others:
            held = records.person[_plain(rows, records, where)]
            rows.build.matched(rows.made.spec, word, source.of, [where], held)
    owner, row = expand(*_alike(rows, records, conditions))
    chosen = np.ones(len(row), dtype=bool)
    for where in conditions:
        chosen &= mask(
            lambda name: take(tested(rows.build, records, name), row),
            where,
            other=lambda name: take(rows.tested(name), owner),
            member=lambda values, test: rows.some(owner).member(values, test),
            dated=lambda name: kind_of(rows.build, records, name) == DATE,
        )
    rows.build.use(rows.made.spec, records, row[chosen])
    return owner[chosen], row[chosen]


def _alike(rows: Rows, records: Records, conditions: list[Condition]) -> tuple[np.ndarray, np.ndarray, int]:
    """Codes under which a record agrees with those it may read: by person, and by what must equal a column.

    Dates are left to the condition itself, because what they can mean decides.
    """
    left, right, groups = rows.groups(records)
    here, there = [pd.Series(left)], [pd.Series(right)]
    for test in (test for where in conditions if len(where.any_of) == 1 for test in where.any_of[0]):
        if test.op != "eq" or not isinstance(test.value, Other) or rows.dated(test.value.name):
            continue
        if kind_of(rows.build, records, test.column) != DATE:
            here.append(rows.tested(test.value.name))
            there.append(tested(rows.build, records, test.column))
    if len(here) == 1:
        return left, right, groups
    one, two = joint_codes(here, there)
    one, two = np.where(left < 0, -1, one), np.where(right < 0, -1, two)
    return one, two, int(max(one.max(initial=-1), two.max(initial=-1))) + 1


def _plain(rows: Rows, records: Records, where: Condition) -> np.ndarray:
    """Which records satisfy a condition that does not look at the record being built."""
    return mask(
        lambda name: tested(rows.build, records, name),
        where,
        dated=lambda name: kind_of(rows.build, records, name) == DATE,
    )


def count(rows: Rows, word: Word) -> Column:
    """The number of the subject's records, or of values of a variable; 0 where there are none."""
    asker, pairs = _questions(rows, word)
    size = int(asker.max(initial=-1)) + 1
    found = np.zeros(size + 1)
    for source in word.value:
        records, column = _records(rows, source)
        owner, row = _matching(rows, word, source, records, asker, pairs)
        if column:
            owner = owner[take(column_of(rows.build, records, column), row).notna().to_numpy()]
        found[:size] += np.bincount(owner, minlength=size)[:size]
    return pd.Series(found[asker])


def total(rows: Rows, word: Word) -> Column:
    """The sum of the subject's values.

    Missing: no value; text that is no number is a finding.
    """
    asker, pairs = _questions(rows, word)
    size = int(asker.max(initial=-1)) + 1
    owners, values = [], []
    for source in word.value:
        records, column = _records(rows, source)
        owner, row = _matching(rows, word, source, records, asker, pairs)
        collected = take(column_of(rows.build, records, column), row)
        value = numbers(collected, rows.build.comma)
        bad = np.unique(row[np.isnan(value) & collected.notna().to_numpy()])
        if len(bad) and not rows.trial:
            variable = word.owner.partition(".")[2]
            given = take(column_of(rows.build, records, column), bad)
            coordinates = records.coordinates(bad).assign(
                USUBJID=take(rows.build.persons, records.person[bad])
            )
            rows.build.found_at("build.not-a-number", coordinates, rows.made.name, variable, given)
        owners.append(owner[~np.isnan(value)])
        values.append(value[~np.isnan(value)])
    owner, value = np.concatenate(owners), np.concatenate(values)
    found = np.full(size + 1, np.nan)
    has = np.bincount(owner, minlength=size)[:size] > 0
    found[:size] = np.where(has, np.bincount(owner, weights=value, minlength=size)[:size], np.nan)
    return pd.Series(found[asker])


def lookup(rows: Rows, word: Word) -> Column:
    """The value of the subject's record whose columns match (of a study-wide dataset: of any record).

    Missing: two different values are a finding; no record with a value is one unless `optional: true`.
    """
    head, column = split_source(word.value)
    records = (
        rows.build.form(head[4:]) if head.startswith("raw.") else rows.build.dataset(head, rows.made.spec)
    )
    left, right, _ = rows.groups(records)
    mine = [rows.tested(name) for name in word.args["match"].values()]
    theirs = [tested(rows.build, records, name) for name in word.args["match"]]
    among = np.flatnonzero(np.all([right >= 0, *(each.notna().to_numpy() for each in theirs)], axis=0))
    theirs = [pd.Series(right[among]), *(take(each, among) for each in theirs)]
    here, there = joint_codes([pd.Series(left), *mine], theirs)
    here, among, there = np.where(left < 0, -1, here), among[there >= 0], there[there >= 0]
    rows.build.use(rows.made.spec, records, among)
    values = take(column_of(rows.build, records, column), among)
    codes = codes_of(values)
    size = int(max(here.max(initial=-1), there.max(initial=-1))) + 1
    usable = codes >= 0
    row = np.full(size + 1, -1, dtype="int64")
    row[there[usable][::-1]] = np.flatnonzero(usable)[::-1]
    differs = np.zeros(size + 1, dtype=bool)
    differs[there[usable][codes[usable] != codes[row[there[usable]]]]] = True
    row[differs] = -1
    row[-1] = -1
    variable = word.owner.partition(".")[2]
    asked = np.where(here >= 0, here, size)
    rows.found("build.lookup-differs", differs[asked], variable, source=word.value)
    if not word.args.get("optional"):
        rows.found("build.lookup-none", (row[asked] < 0) & ~differs[asked], variable, source=word.value)
    return take(values, row[asked])


def pick(rows: Rows, word: Word) -> Column:
    """Y on the first or last record of each group of this dataset; without `by` on one a subject.

    Ties:    the earlier or later record. A record without order is picked only among its like.
    Missing: every other record.
    """
    where = word.args.get("where")
    chosen = rows.holds(where) if where is not None else np.ones(rows.size, dtype=bool)
    index = np.flatnonzero(chosen)
    inside = rows.some(index)
    person = np.zeros(inside.size, dtype="int64") if rows.made.study_wide else inside.person
    groups = group_codes([person, *(codes_of(inside.value(name)) for name in word.args.get("by", ()))])
    last = word.value == "last"
    kinds = [rows.build.kinds.of(inside.understand(name)) for name in word.args["order"]]
    keys = [order_key(inside.tested(name), kind, last)
            for name, kind in zip(word.args["order"], kinds, strict=True)]  # fmt: skip
    found = first_of_groups(groups, keys, int(groups.max(initial=-1)) + 1, last)
    marks = np.full(rows.size, -1, dtype="int64")
    marks[index[found[found >= 0]]] = 0
    return take(constant("Y", 1), marks)


def program(rows: Rows, word: Word) -> Column:
    """The column that a function of the dataset's module gives, from exactly the columns it reads.

    `sdtm/vs.py` has the functions of VS; parameters are named after the datasets and forms in `reads`, and
    `spec` hands over the dataset's parameters and study.yml.

    Raises: DerivationError where the column has another length than the records asked for.
    """
    own = rows.made.name
    reads = dict(word.args.get("reads") or {})
    reads.setdefault(own, ())
    frames = program_frames(rows, word, reads)
    found = call_program(rows, word, frames)
    if not isinstance(found, pd.Series) or len(found) != rows.size:
        raise DerivationError("build.program-column", own, name=word.value, size=rows.size)
    return found.reset_index(drop=True)


def program_frames(rows: Rows, word: Word, reads: dict) -> dict[str, Frame]:
    """The frames a program asks for, by parameter name: USUBJID and exactly the columns of `reads`."""
    frames = {}
    for name, columns in reads.items():
        if name == rows.made.name:
            values = {column: rows.value(column) for column in columns}
            frames[name.lower()] = pd.DataFrame({"USUBJID": rows.value("USUBJID"), **values})
        else:
            frames[name.lower().replace(".", "_")] = rows.build.frame_for_program(
                name, columns, rows.made.spec
            )
    return frames


def call_program(rows: Rows, word: Word, frames: dict[str, Frame]) -> object:
    """Calls `<layer>.<dataset>.<function>`, handing over `spec` only if it asks for it."""
    spec = rows.made.spec
    path = f"{spec.layer}.{spec.name.lower()}.{word.value}"
    function = rows.build.study.programs.get(path) or _function(path, word)
    if "spec" in inspect.signature(function).parameters:
        return function(**frames, spec=spec)
    return function(**frames)


def _function(path: str, word: Word) -> object:
    module, _, name = path.rpartition(".")
    found = getattr(import_module(module), name, None)
    if found is None:
        raise DerivationError("build.no-program", word.where_it_stands(), path=path)
    return found
