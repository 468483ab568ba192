"""What each word gives for the records it is asked about; the words that read other records are in
`records.py`.

Every function takes the records and the word and returns one column of the same length. `evaluate` adds what
every word takes: `when` and `round`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from clinical import dates, intervals, records, results, rounding
from clinical.formula import compute_formula
from clinical.frames import Column, as_text, assemble, constant, empty, take
from clinical.resolve import REFERENCE
from clinical.rows import Rows
from clinical.words import BRACED, Word


def evaluate(rows: Rows, word: Word) -> Column:
    """The word's value for each record: missing where its `when` does not hold, rounded if it says so."""
    if word.when is None:
        return _value(rows, word)
    chosen = rows.holds(word.when)
    if chosen.all():
        return _value(rows, word)
    part = _value(rows.some(chosen), word)
    if not chosen.any():
        return empty(part.dtype, rows.size)
    return assemble(rows.size, [(np.flatnonzero(chosen), part)])


def _value(rows: Rows, word: Word) -> Column:
    return _rounded(rows, ALGORITHMS[word.word](rows, word), word)


def _rounded(rows: Rows, column: Column, word: Word) -> Column:
    if word.round is None:
        return column
    return rounding.round_series(_numbers(rows, column, word), word.round)


def _numbers(rows: Rows, column: Column, word: Word) -> Column:
    """The column as numbers; text that is none is missing and a finding [C-RES]."""
    if pd.api.types.is_float_dtype(column):
        return column
    found, bad = results.to_number(column, rows.build.comma)
    rows.found("build.not-a-number", bad, word.owner.partition(".")[2], column)
    return found


def copy(rows: Rows, word: Word) -> Column:
    """The value of the name, as it stands there.

    Missing: what is empty, or not there for the subject, gives nothing.
    """
    return rows.value(word.value)


def constant_text(rows: Rows, word: Word) -> Column:
    """The text, in every record."""
    return constant(word.value, rows.size)


def text(rows: Rows, word: Word) -> Column:
    """The template with its names filled in, numbers in their shortest form.

    Missing: one missing name gives nothing.
    """
    pieces: list[Column | str] = []
    end = 0
    for match in BRACED.finditer(word.value):
        pieces += [word.value[end : match.start()], as_text(rows.value(match.group(1)))]
        end = match.end()
    pieces.append(word.value[end:])
    whole = constant("", rows.size)
    for piece in pieces:
        whole = whole + piece
    return whole


def term(rows: Rows, word: Word) -> Column:
    """The submission value of the collected text, or of the paired list (`via: code`: LBTESTCD to LBTEST).

    Width, blanks and case do not matter; the study's file of the list is asked before CDISC's.

    Missing: what a closed list does not have gives nothing and a finding; an extensible list keeps it in
             capitals and reports it once.
    Source:  rules C-CT, C-CASE.
    """
    value = as_text(rows.value(word.value))
    name = word.args["codelist"]
    terms = rows.build.study.terms
    found, status = terms.by_code(value, name) if word.args.get("via") else terms.look_up(value, name)
    variable = word.owner.partition(".")[2]
    rows.found("build.no-term", status == 3, variable, value, codelist=name)
    _report_extensions(rows, status == 2, variable, value, name)
    return found


def _report_extensions(rows: Rows, kept: np.ndarray, variable: str, value: Column, codelist: str) -> None:
    if kept.any():
        first = np.zeros(len(kept), dtype=bool)
        first[np.flatnonzero(kept)[~value[kept].duplicated().to_numpy()]] = True
        rows.found("build.extension", first, variable, value, codelist=codelist)


def number(rows: Rows, word: Word) -> Column:
    """The number that the text is: `1,200`, `1.2E5`, full-width digits.

    Missing: text that is no number gives nothing and a finding.
    Source:  rule C-RES.
    """
    return _numbers(rows, rows.value(word.value), word)


def date(rows: Rows, word: Word) -> Column:
    """ISO 8601 text as far as it is known, or a date in ADaM.

    `time` is appended where the day is known; with `not_before` an end whose clock is earlier than that of
    the start is on the next day. `impute` fills what is unknown from the first or last possible day; a bound
    counts only inside what the partial date can mean, and `after` means the day after it.

    Missing: a missing date stays missing; in ADaM a partial date has none unless it is imputed.
    Source:  rules C-DTC, D-IMP.
    """
    return _date(rows, word)[0]


def _date(rows: Rows, word: Word) -> tuple[Column, Column]:
    value = rows.value(word.value)
    none = empty("str", rows.size)
    if "time" in word.args:
        value = dates.join_time(value, rows.value(word.args["time"]))
    bounds = {
        key: [rows.value(name) for name in word.args.get(key, ())]
        for key in ("after", "not_before", "not_after")
    }
    name = word.owner.rpartition(".")[2]
    if "impute" in word.args:
        if name.endswith("DTM"):
            return dates.impute_time(value, word.args["impute"])
        if pd.api.types.is_datetime64_any_dtype(value):
            return value, none
        return dates.impute(value, word.args["impute"], **bounds)
    for bound in bounds["not_before"]:
        value = dates.roll_over(value, bound)
    if rows.made.spec.layer == "adam" and not pd.api.types.is_datetime64_any_dtype(value):
        value = dates.impute_time(value, "first")[0] if name.endswith("DTM") else dates.to_day(value)
    return value, none


def imputed(rows: Rows, word: Word) -> Column:
    """The flag of a date that `date` imputed: D (day) or M (month and day), of a time H or M.

    Missing: nothing was imputed.
    Source:  rule D-IMP.
    """
    spec = rows.made.spec
    stated = spec.word(rows.part.part, None, word.value) if rows.part else spec.variables.get(word.value)
    if stated is None or stated.word != "date" or "impute" not in stated.args:
        return empty("str", rows.size)
    if stated.when is None:
        return _date(rows, stated)[1]
    chosen = rows.holds(stated.when)
    return assemble(rows.size, [(np.flatnonzero(chosen), _date(rows.some(chosen), stated)[1])])


def unit(rows: Rows, word: Word) -> Column:
    """The number in another unit, by the unit table; a row of the test comes before one for any test.

    Missing: no number, or no row that leads from the unit collected to the one wanted: a finding.
    Source:  rule C-RES; units.csv.
    """
    amount = _numbers(rows, rows.value(word.value), word)
    variable = word.owner.partition(".")[2]
    source = rows.value(word.args["from"])
    test = rows.value(word.args["test"]) if "test" in word.args else None
    found, no_row = rows.build.study.units.convert(amount, source, word.args["to"], test)
    rows.found("build.no-unit", no_row, variable, source, to=word.args["to"])
    return found


def result(rows: Rows, word: Word) -> Column:
    """One of text, number and unit of the standardised result: words, numbers, limits, units.

    Missing: a number whose unit the test does not know gives nothing; `give: number` reports it.
    Source:  rule C-RES.
    """
    orres = rows.value(word.value)
    units, test = rows.value(word.args["from"]), rows.value(word.args["test"])
    study = rows.build.study
    found = results.standardise(as_text(orres), units, test, study.units, study.terms, comma=rows.build.comma)
    if word.args["give"] == "number":
        rows.found("build.no-unit", found.no_unit, word.owner.partition(".")[2], units, to="a standard unit")
    return getattr(found, word.args["give"])


def formula(rows: Rows, word: Word) -> Column:
    """The result of names, numbers, + - * / and parentheses.

    Missing: a missing name gives nothing; text that is no number, and division by zero, are findings.
    """
    value, by_zero = compute_formula(
        word.value, lambda name: _numbers(rows, rows.value(name), word).to_numpy()
    )
    whole = np.broadcast_to(np.asarray(value, dtype="float64"), (rows.size,))
    rows.found("build.by-zero", np.broadcast_to(by_zero, (rows.size,)), word.owner.partition(".")[2])
    return pd.Series(whole.copy())


def case(rows: Rows, word: Word) -> Column:
    """What the first line gives whose `when` holds, even if that is nothing.

    Missing: no line's condition holds: a finding, unless it says `else: missing`.
    """
    left = np.ones(rows.size, dtype=bool)
    pieces = []
    for line in word.value:
        chosen = left & rows.holds(line.when) if line.when else left
        if chosen.any():
            bare = rows.some(chosen)
            pieces.append((np.flatnonzero(chosen), _value(bare, line)))
        left = left & ~chosen
    if "else" not in word.args:
        rows.found("build.no-case", left, word.owner.partition(".")[2])
    return assemble(rows.size, pieces)


def any_of(rows: Rows, word: Word) -> Column:
    """What the first line gives that has a value; a later line is asked only where the others have none.

    Missing: no line has a value.
    """
    left = np.arange(rows.size)
    pieces = []
    for line in word.value:
        if not len(left):
            break
        column = evaluate(rows.some(left), line)
        has = column.notna().to_numpy()
        pieces.append((left[has], take(column, np.flatnonzero(has))))
        left = left[~has]
    return assemble(rows.size, pieces)


def flag(rows: Rows, word: Word) -> Column:
    """Y where the condition holds, elsewhere what `else` says.

    Missing: the condition does not hold and there is no `else`. A missing value satisfies no comparison.
    """
    holds = rows.holds(word.value)
    other = word.args.get("else")
    values = pd.Series(["Y", other], dtype="str")
    return take(values, np.where(holds, 0, 1 if other else -1))


def bin_label(rows: Rows, word: Word) -> Column:
    """The label (`give: number`: the number, from 1) of the class the number is in.

    The first class is below the first cut; each other begins at its cut and ends before the next one.

    Missing: no number, no class.
    """
    value = _numbers(rows, rows.value(word.value), word).to_numpy()
    cuts = np.array([float(cut) for cut in word.args["cuts"]])
    place = np.searchsorted(cuts, value, side="right")
    place = np.where(np.isnan(value), -1, place)
    if word.args.get("give"):
        return pd.Series(np.where(place < 0, np.nan, place + 1.0))
    return take(pd.Series(list(word.args["labels"]), dtype="str"), place)


def duration(rows: Rows, word: Word) -> Column:
    """Completed years or months from one date to the other, or days with both ends counted.

    Missing: a date of which less is known than `known` says (the day, if it says nothing); what is unknown
             beyond that counts as first.
    Source:  rules C.1 AGE, D-DAY.
    """
    start, end = (rows.value(name) for name in word.value)
    return dates.duration(start, end, word.args["as"], word.args.get("known", "day"))


def study_day(rows: Rows, word: Word) -> Column:
    """The day counted from DM.RFSTDTC (ADaM: ADSL.TRTSDT, or what `since` names); there is no day zero.

    Missing: either date is incomplete.
    Source:  rules A-DAY, C-DY.
    """
    reference = word.args.get("since") or REFERENCE[rows.made.spec.layer]
    return dates.study_day(rows.value(word.value), rows.value(reference))


ALGORITHMS = {
    "copy": copy,
    "constant": constant_text,
    "text": text,
    "term": term,
    "number": number,
    "date": date,
    "imputed": imputed,
    "unit": unit,
    "result": result,
    "formula": formula,
    "case": case,
    "any_of": any_of,
    "flag": flag,
    "bin": bin_label,
    "duration": duration,
    "study_day": study_day,
    "first": records.first,
    "last": records.last,
    "count": records.count,
    "total": records.total,
    "lookup": records.lookup,
    "during": intervals.during,
    "pick": records.pick,
    "program": records.program,
}
