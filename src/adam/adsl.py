"""ADSL: the columns that need several datasets or an algorithm (rules D.1, D-IMP, D-HOR).

Each function makes one column, aligned with the rows of ADSL; which records it looks at stands under
`parameters` of the spec.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from adam.response_criteria import read_criteria
from adam.rules import need, only, setting, text, texts
from adam.verbs.response import Limits, assess, collected_responses
from adam.verbs.results import upper_bound
from adam.verbs.subjects import first_rows, keep_subjects, of_subject, within
from adam.verbs.windows import plus_days
from clinical import dates
from clinical.distinct import distinct, spread_text
from clinical.frames import Frame, constant, take
from clinical.spec import Dataset
from clinical.where import Condition, condition, mask

ONE_DAY = pd.Timedelta(days=1)
CONDITIONS = ("product", "baseline_blasts", "transplants")
PARAMETERS = (*CONDITIONS, "limits", "new_therapies", "death_category")


def read_rules(spec: Dataset) -> None:
    """Refuses what is wrong under `parameters`, before any data is read.

    Raises: SpecError for an unknown or missing key and for a condition that is none.
    """
    only(spec.parameters, PARAMETERS, spec.name)
    setting(spec.study, "horizon_days", spec.name, spec.at)
    for key in CONDITIONS:
        _asked(spec, key)
    _limits(spec)
    _therapies(spec)
    _categories(spec)
    read_criteria(spec)


def _asked(spec: Dataset, key: str) -> Condition:
    return condition(need(spec.parameters, key, spec.name), f"{spec.name}.{key}")


def first_moment(adsl: Frame, ex: Frame, spec: Dataset) -> pd.Series:
    """TRTSDTM: the start of the first dose of the product; a missing time is 00:00 [D-IMP]."""
    return dates.impute_time(_first_start(adsl, ex, spec), "first")[0]


def first_moment_flag(adsl: Frame, ex: Frame, spec: Dataset) -> pd.Series:
    """TRTSTMF: H where the time was imputed, M where its minutes were."""
    return dates.impute_time(_first_start(adsl, ex, spec), "first")[1]


def last_moment(adsl: Frame, ex: Frame, spec: Dataset) -> pd.Series:
    """TRTEDTM: the end of the last dose of the product; a missing time is 23:59 [D-IMP]."""
    return dates.impute_time(_last_end(adsl, ex, spec), "last")[0]


def last_moment_flag(adsl: Frame, ex: Frame, spec: Dataset) -> pd.Series:
    """TRTETMF: H where the time was imputed, M where its minutes were."""
    return dates.impute_time(_last_end(adsl, ex, spec), "last")[1]


def _first_start(adsl: Frame, ex: Frame, spec: Dataset) -> pd.Series:
    given = _doses(adsl, ex, spec)
    given = given.assign(at=dates.earliest(given["EXSTDTC"])).dropna(subset="at")
    given = given.sort_values(["subject", "at"], kind="stable", ignore_index=True)
    return take(given["EXSTDTC"], first_rows(given, np.ones(len(given), dtype=bool), len(adsl)))


def _last_end(adsl: Frame, ex: Frame, spec: Dataset) -> pd.Series:
    given = _doses(adsl, ex, spec)
    end = given["EXENDTC"].where(given["EXENDTC"].notna(), given["EXSTDTC"])
    given = given.assign(end=end, at=dates.latest(end)).dropna(subset="at")
    given = given.sort_values(["subject", "at"], ascending=[True, False], kind="stable", ignore_index=True)
    return take(given["end"], first_rows(given, np.ones(len(given), dtype=bool), len(adsl)))


def _doses(adsl: Frame, ex: Frame, spec: Dataset) -> Frame:
    return keep_subjects(ex.loc[mask(ex, _asked(spec, "product"))], adsl)


def dose_percent(adsl: Frame, spec: Dataset) -> pd.Series:
    """DOSEPCT: the dose given in percent of the planned dose of the arm.

    Needs:   ARMCD, DOSEKG; `dose_levels` of study.yml.
    Missing: no planned arm gives none.
    """
    levels = setting(spec.study, "dose_levels", spec.name, spec.at)
    planned = {str(level["code"]): float(level["planned_1e6_per_kg"]) for level in levels}
    return 100 * adsl["DOSEKG"] / adsl["ARMCD"].map(planned).astype("float64")


def baseline_blasts(adsl: Frame, lb: Frame, spec: Dataset) -> pd.Series:
    """BLBLAST: the last marrow blast count before the first dose, a range `0-1` by its upper end [D-BASE]."""
    found = keep_subjects(lb.loc[mask(lb, _asked(spec, "baseline_blasts"))], adsl)
    found = found.assign(
        value=upper_bound(found["LBSTRESC"], found["LBSTRESN"]), at=dates.latest(found["LBDTC"])
    )
    found = found.sort_values(["subject", "at", "LBSEQ"], ascending=[True, False, False], ignore_index=True)
    return take(found["value"], first_rows(found, found["value"].notna().to_numpy(), len(adsl)))


def horizon(adsl: Frame, spec: Dataset) -> pd.Series:
    """HORIZDT: so many days after the infusion as study.yml says; `none` gives none [D-HOR]."""
    days = str(setting(spec.study, "horizon_days", spec.name, spec.at))
    if days == "none":
        return adsl["TRTSDT"].where(np.zeros(len(adsl), dtype=bool))
    return plus_days(adsl["TRTSDT"], int(days))


def analysis_cutoff(adsl: Frame, spec: Dataset) -> pd.Series:
    """ACUTDT: data cut or horizon, whichever is earlier [D-HOR]."""
    return adsl[["DCUTDT", "HORIZDT"]].min(axis=1).astype("datetime64[s]")


def first_response(adsl: Frame, rs: Frame, sv: Frame, spec: Dataset) -> pd.Series:
    """The earliest CR, CRi or PR after infusion: what a partial date of HSCT or new therapy must follow."""
    criteria, limits = read_criteria(spec), _limits(spec)
    found = collected_responses(rs, sv, adsl, criteria, limits)
    good = found["worst"].to_numpy() & found["AVALC"].isin(criteria.groups["response"]).to_numpy()
    after = within(found["ADT"], of_subject(found, adsl, limits.start), [])
    row = first_rows(found, good & after, len(adsl))
    return take(found["ADT"], row).where(adsl[limits.start].notna())


def first_progression(adsl: Frame, rs: Frame, sv: Frame, spec: Dataset) -> pd.Series:
    """The first PD or relapse [E-PD]."""
    limits = _limits(spec)
    found = collected_responses(rs, sv, adsl, read_criteria(spec), limits)
    return assess(found, adsl, limits, ()).progressed.where(adsl[limits.start].notna())


def _limits(spec: Dataset) -> Limits:
    node, owner = need(spec.parameters, "limits", spec.name), f"{spec.name}.limits"
    only(node, ("start", "until", "death", "cut"), owner)
    return Limits(*(text(node, key, owner) for key in ("start", "until", "death", "cut")))


def transplant_date(adsl: Frame, pr: Frame, spec: Dataset) -> pd.Series:
    """HSCTDT: the first transplant after infusion.

    A missing day is the first of the month that is later than the infusion and than the first response in it;
    a missing month is not imputed: such a transplant has no date [D-IMP].
    """
    return _transplants(adsl, pr, spec)[0]


def transplant_date_flag(adsl: Frame, pr: Frame, spec: Dataset) -> pd.Series:
    """HSCTDTF: D where the day was imputed."""
    return _transplants(adsl, pr, spec)[1]


def _transplants(adsl: Frame, pr: Frame, spec: Dataset) -> tuple[pd.Series, pd.Series]:
    found = keep_subjects(pr.loc[mask(pr, _asked(spec, "transplants"))], adsl)
    after = [of_subject(found, adsl, column) for column in ("TRTSDT", "resp1")]
    day, flag = dates.impute(found["PRSTDTC"], "first", after=after)
    day = day.where(flag.isna() | (flag == "D"))
    return _first_after(found.assign(day=day, flag=flag), adsl)


def new_therapy_date(adsl: Frame, cm: Frame, pr: Frame, spec: Dataset) -> pd.Series:
    """NACTDT: the earliest start of a new anti-cancer therapy after infusion.

    A partial date is its first possible day that is later than the infusion and than the first response in
    it; a therapy given for relapse or progression starts on the day of that, if the date can mean it [D-IMP].
    """
    return _new_therapies(adsl, cm, pr, spec)[0]


def new_therapy_date_flag(adsl: Frame, cm: Frame, pr: Frame, spec: Dataset) -> pd.Series:
    """NACTDTF: D or M where day or month was imputed."""
    return _new_therapies(adsl, cm, pr, spec)[1]


def _new_therapies(adsl: Frame, cm: Frame, pr: Frame, spec: Dataset) -> tuple[pd.Series, pd.Series]:
    asked, reasons = _therapies(spec)
    parts = []
    for name, frame in (("CM", cm), ("PR", pr)):
        found = frame.loc[mask(frame, asked[name])]
        parts.append(
            found[["USUBJID", f"{name}STDTC", "NACTREAS"]].set_axis(["USUBJID", "start", "reason"], axis=1)
        )
    found = keep_subjects(pd.concat(parts, ignore_index=True), adsl)
    infused, response, progressed = (of_subject(found, adsl, column) for column in ("TRTSDT", "resp1", "pd1"))
    day, flag = dates.impute(found["start"], "first", after=[infused, response])
    can_be = (progressed >= dates.earliest(found["start"])) & (progressed <= dates.latest(found["start"]))
    treated = found["reason"].isin(reasons) & flag.notna() & can_be
    return _first_after(found.assign(day=day.mask(treated, progressed), flag=flag), adsl)


def _therapies(spec: Dataset) -> tuple[dict[str, Condition], tuple[str, ...]]:
    """Which records of CM and PR are new therapies, and the reasons that mean a relapse or progression."""
    node, owner = need(spec.parameters, "new_therapies", spec.name), f"{spec.name}.new_therapies"
    only(node, ("CM", "PR", "after_progression"), owner)
    asked = {name: condition(need(node, name, owner), owner) for name in ("CM", "PR")}
    return asked, texts(node, "after_progression", owner)


def _first_after(found: Frame, adsl: Frame) -> tuple[pd.Series, pd.Series]:
    """Each subject's first day later than the infusion and its flag; on one day the known date."""
    found = found.assign(imputed=found["flag"].notna())
    found = found.sort_values(["subject", "day", "imputed"], kind="stable", ignore_index=True)
    later = (found["day"] > of_subject(found, adsl, "TRTSDT")).to_numpy()
    row = first_rows(found, later, len(adsl))
    return take(found["day"], row), take(found["flag"], row)


def death_date(adsl: Frame, dm: Frame, spec: Dataset) -> pd.Series:
    """DTHDT: the date of death; what is missing of it follows the last day known alive.

    The later of the first possible day and the day after `alive`, not later than the last possible day and
    the data cut. A death without any date is dated the day after `alive`.

    Source: rule D-IMP.
    """
    text_of_date = _death(adsl, dm)
    after_alive = adsl["alive"] + ONE_DAY
    first, last = (
        bound.dt.normalize() for bound in (dates.earliest(text_of_date), dates.latest(text_of_date))
    )
    first = first.where(text_of_date.notna(), after_alive)
    day = first.where(~(after_alive > first), after_alive)
    for limit in (last, adsl["DCUTDT"]):
        day = day.where(~(day > limit), limit)
    return day.where((adsl["DTHFL"] == "Y").to_numpy(dtype=bool, na_value=False)).where(
        ~dates.is_complete(text_of_date), dates.to_day(text_of_date)
    )


def death_date_flag(adsl: Frame, dm: Frame, spec: Dataset) -> pd.Series:
    """DTHDTF: D, M or Y where day, month or everything of the date was imputed."""
    text_of_date = _death(adsl, dm)
    flag = dates.impute(text_of_date, "first")[1]
    wholly = (adsl["DTHFL"] == "Y").to_numpy(dtype=bool, na_value=False) & text_of_date.isna().to_numpy()
    return flag.mask(wholly & adsl["alive"].notna().to_numpy(), constant("Y", len(adsl)))


def _death(adsl: Frame, dm: Frame) -> pd.Series:
    found = keep_subjects(dm, adsl)
    return take(found["DTHDTC"], first_rows(found, np.ones(len(found), dtype=bool), len(adsl)))


def death_category(adsl: Frame, dd: Frame, spec: Dataset) -> pd.Series:
    """DTHCAT: the category of the collected cause; a death without one is `otherwise`."""
    asked, given, otherwise = _categories(spec)
    found = keep_subjects(dd.loc[mask(dd, asked)], adsl).sort_values(
        "DDSEQ", kind="stable", ignore_index=True
    )
    row = first_rows(found, np.ones(len(found), dtype=bool), len(adsl))
    codes, values = distinct(take(found["DDRESCAT"], row))
    category = spread_text(codes, [given.get(value) for value in values], adsl.index)
    died = (adsl["DTHFL"] == "Y").to_numpy(dtype=bool, na_value=False)
    return category.fillna(otherwise).where(died)


def _categories(spec: Dataset) -> tuple[Condition, dict[str, str], str]:
    """Which records of DD state the cause, the category of each collected one, and that of all others."""
    node, owner = need(spec.parameters, "death_category", spec.name), f"{spec.name}.death_category"
    only(node, ("records", "values", "otherwise"), owner)
    given = {name: str(value) for name, value in need(node, "values", owner).items()}
    return condition(need(node, "records", owner), owner), given, text(node, "otherwise", owner)
