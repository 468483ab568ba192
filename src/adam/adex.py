"""ADEX: what each subject was given, in total and against the plan (rule D.7).

Which parameters there are, and the rule of each, stands in the spec (`adam.adex_rules`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from adam.adex_rules import Parameter, Rules, read_rules
from clinical import dates
from clinical.courses import course_starts
from clinical.frames import Frame, as_text, constant
from clinical.spec import Dataset
from clinical.where import as_numbers

YES = "Y"
COLUMNS = ["USUBJID", "EXTRT", "PARAM", "PARAMCD", "AVAL", "AVALC", "ASTDT", "AENDT"]


def adex(adsl: Frame, ex: Frame, spec: Dataset) -> tuple[Frame, Frame]:
    """ADEX: one record per subject and parameter, and which records of EX each is made from.

    Rows:    every subject with records of the parameter's drug, if its rule has a value.
    Needs:   ADSL: DOSEPCT. EX: EXTRT, EXDOSE, EXSTDTC, EXENDTC, EXSEQ and the columns the rules name.
    Gives:   EXTRT, PARAM, PARAMCD, AVAL or AVALC, ASTDT and AENDT (first start and last end of the records).
    Missing: a total, a percentage or a duration to which one record does not contribute is not known.
    Source:  rules D.7, D-TRACE.
    """
    rules = read_rules(spec)
    given = ex.loc[(as_numbers(ex["EXDOSE"]) > 0) | ex["EXDOSE"].isna()].reset_index(drop=True)
    parts, sources, size = [], [], 0
    for parameter in rules.parameters:
        records = given.loc[(given["EXTRT"] == parameter.drug).to_numpy(dtype=bool, na_value=False)]
        records = records.sort_values(["USUBJID", "EXSEQ"], ignore_index=True)
        rows = _parameter_rows(parameter, records, adsl, rules)
        parts.append(rows)
        sources.append(_sources(rows, records, size))
        size += len(rows)
    return pd.concat(parts, ignore_index=True)[COLUMNS], pd.concat(sources, ignore_index=True)


def _parameter_rows(parameter: Parameter, records: Frame, adsl: Frame, rules: Rules) -> Frame:
    value = MAKERS[parameter.rule](records, parameter, adsl, rules).dropna()
    started = dates.to_day(records["EXSTDTC"])
    ended = dates.to_day(records["EXENDTC"]).fillna(started)
    by = records["USUBJID"]
    people, size = pd.Series(value.index, dtype="str"), len(value)
    text = not pd.api.types.is_float_dtype(value)
    found = value.reset_index(drop=True)
    return pd.DataFrame(
        {
            "USUBJID": people,
            "EXTRT": constant(parameter.drug, size),
            "PARAM": constant(parameter.label, size),
            "PARAMCD": constant(parameter.code, size),
            "AVAL": np.full(size, np.nan) if text else found,
            "AVALC": found.astype("str") if text else pd.Series([None] * size, dtype="str"),
            "ASTDT": started.groupby(by).min().reindex(value.index).reset_index(drop=True),
            "AENDT": ended.groupby(by).max().reindex(value.index).reset_index(drop=True),
        }
    )


def _sources(rows: Frame, records: Frame, size: int) -> Frame:
    """The records of EX behind the rows, which are numbered from `size`."""
    numbered = pd.DataFrame({"USUBJID": rows["USUBJID"], "row": size + np.arange(len(rows))})
    pairs = numbered.merge(records[["USUBJID", "EXSEQ"]], on="USUBJID", validate="1:m")
    record = pairs["USUBJID"] + "/" + as_text(pairs["EXSEQ"])
    return pd.DataFrame({"row": pairs["row"], "source": constant("EX", len(pairs)), "record": record})


def total(records: Frame, parameter: Parameter, adsl: Frame, rules: Rules) -> pd.Series:
    """The sum over all records."""
    return _whole_sum(records, pd.Series(as_numbers(records[parameter.of]), index=records.index))


def percent_of_plan(records: Frame, parameter: Parameter, adsl: Frame, rules: Rules) -> pd.Series:
    """The sum in percent of the planned dose of the drug."""
    return 100 * total(records, parameter, adsl, rules) / rules.planned[parameter.drug]


def percent_of_arm(records: Frame, parameter: Parameter, adsl: Frame, rules: Rules) -> pd.Series:
    """DOSEPCT of ADSL: the dose in percent of the planned dose of the arm."""
    percent = pd.Series(adsl["DOSEPCT"].to_numpy(), index=adsl["USUBJID"])
    return percent.reindex(records["USUBJID"].drop_duplicates())


def days(records: Frame, parameter: Parameter, adsl: Frame, rules: Rules) -> pd.Series:
    """The number of different days on which a record begins."""
    return dates.to_day(records["EXSTDTC"]).groupby(records["USUBJID"]).nunique().astype("float64")


def minutes(records: Frame, parameter: Parameter, adsl: Frame, rules: Rules) -> pd.Series:
    """The minutes from start to end, added up over the records; pauses within a record count."""
    timed = dates.has_time(records["EXSTDTC"]) & dates.has_time(records["EXENDTC"])
    long = dates.earliest(records["EXENDTC"]) - dates.earliest(records["EXSTDTC"])
    return _whole_sum(records, (long.dt.total_seconds() / 60).where(timed))


def first_course(records: Frame, parameter: Parameter, adsl: Frame, rules: Rules) -> pd.Series:
    """The first value of the first infusion; records of one interrupted infusion are one (decision 25)."""
    value = pd.Series(as_numbers(records[parameter.of]), index=records.index)
    among = (_course(records) == 0) & value.notna()
    found = records.assign(value=value)[among].sort_values(["USUBJID", "EXSTDTC", "EXSEQ"])
    return found.groupby("USUBJID")["value"].first()


def interrupted(records: Frame, parameter: Parameter, adsl: Frame, rules: Rules) -> pd.Series:
    """Y where a record says that it was interrupted or two records are one infusion, else N.

    Missing: where no record says anything and there is one record an infusion, nothing is known.
    """
    said = records[parameter.of]
    course = _course(records)
    parts = records.assign(course=course).duplicated(["USUBJID", "course"], keep=False) & (course >= 0)
    yes = parts | (said == YES).to_numpy(dtype=bool, na_value=False)
    known = parts | said.notna()
    whole = pd.DataFrame({"yes": yes, "known": known}).groupby(records["USUBJID"]).any()
    return whole["yes"].map({True: YES, False: "N"}).astype("str").where(whole["known"])


def _course(records: Frame) -> pd.Series:
    """The number of the infusion each record belongs to, the first is 0; -1 where its day is not known."""
    starts = course_starts(records, "EXSTDTC")
    starts = starts.assign(course=starts.groupby("USUBJID").cumcount()).sort_values("start", kind="stable")
    given = records[["USUBJID"]].assign(start=dates.to_day(records["EXSTDTC"]), row=np.arange(len(records)))
    dated = given.dropna(subset="start").sort_values("start", kind="stable")
    found = pd.merge_asof(dated, starts, on="start", by="USUBJID")
    course = np.full(len(records), -1, dtype="int64")
    course[found["row"].to_numpy()] = found["course"].to_numpy()
    return pd.Series(course, index=records.index)


def _whole_sum(records: Frame, values: pd.Series) -> pd.Series:
    return values.groupby(records["USUBJID"]).sum(skipna=False)


MAKERS: dict[str, Callable[[Frame, Parameter, Frame, Rules], pd.Series]] = {
    "total": total,
    "days": days,
    "percent_of_plan": percent_of_plan,
    "percent_of_arm": percent_of_arm,
    "minutes": minutes,
    "first_course": first_course,
    "interrupted": interrupted,
}
