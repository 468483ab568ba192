"""ADSL: the columns that need several datasets or an algorithm (rules D.1, D-IMP, D-HOR).

Each function makes one column, aligned with the rows of ADSL; which records it looks at stands under
`parameters` of the spec.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from adam.adsl_rules import (
    asked,
    baseline_dose,
    categories,
    least_percent,
    limits_of,
    therapies,
    vital_code,
)
from adam.adsl_rules import read_rules as read_rules
from adam.response_criteria import read_criteria
from adam.rules import setting
from adam.verbs.response import assess, collected_responses
from adam.verbs.results import upper_bound
from adam.verbs.subjects import first_rows, keep_subjects, last_rows, of_subject, subject_rows, within
from adam.verbs.windows import plus_days
from clinical import dates
from clinical.distinct import distinct, spread_text
from clinical.frames import Frame, constant, take
from clinical.spec import Dataset
from clinical.where import mask

LAST_SECOND = np.timedelta64(86_399, "s")
ONE_DAY = pd.Timedelta(days=1)


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
    return keep_subjects(ex.loc[mask(ex, asked(spec, "product"))], adsl)


def dose_given(adsl: Frame, ex: Frame, spec: Dataset) -> pd.Series:
    """DOSEKG: the sum of all doses of the product.

    Needs:   EXDOSE and the columns that parameter `product` names.
    Missing: no dose, or one that is not known, gives none.
    """
    given = _doses(adsl, ex, spec)
    sums = given.groupby("subject")["EXDOSE"].sum(skipna=False, min_count=1)
    return sums.reindex(range(len(adsl))).set_axis(adsl.index)


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
    found = keep_subjects(lb.loc[mask(lb, asked(spec, "baseline_blasts"))], adsl)
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
    criteria, limits = read_criteria(spec), limits_of(spec)
    found = collected_responses(rs, sv, adsl, criteria, limits)
    good = found["worst"].to_numpy() & found["AVALC"].isin(criteria.groups["response"]).to_numpy()
    after = within(found["ADT"], of_subject(found, adsl, limits.start), [])
    row = first_rows(found, good & after, len(adsl))
    return take(found["ADT"], row).where(adsl[limits.start].notna())


def first_progression(adsl: Frame, rs: Frame, sv: Frame, spec: Dataset) -> pd.Series:
    """The first PD or relapse [E-PD]."""
    limits = limits_of(spec)
    found = collected_responses(rs, sv, adsl, read_criteria(spec), limits)
    return assess(found, adsl, limits, ()).progressed.where(adsl[limits.start].notna())


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
    found = keep_subjects(pr.loc[mask(pr, asked(spec, "transplants"))], adsl)
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
    asked, reasons = therapies(spec)
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
    _, category = _category(adsl, dd, spec, "death_category", "DDRESCAT", "DDSEQ")
    died = (adsl["DTHFL"] == "Y").to_numpy(dtype=bool, na_value=False)
    return category.fillna(categories(spec, "death_category")[2]).where(died)


def disease_type(adsl: Frame, mh: Frame, spec: Dataset) -> pd.Series:
    """DISTYPE: the type of the diagnosis, `otherwise` for a diagnosis of another kind.

    Missing: without a diagnosis there is none.
    """
    row, category = _category(adsl, mh, spec, "disease_type", "MHTERM", "MHSEQ")
    return category.fillna(categories(spec, "disease_type")[2]).where(row >= 0)


def _category(
    adsl: Frame, records: Frame, spec: Dataset, key: str, column: str, order: str
) -> tuple[np.ndarray, pd.Series]:
    """The first record that `parameters.<key>` asks for (-1: none) and what its value means there."""
    asked, given, _ = categories(spec, key)
    found = keep_subjects(records.loc[mask(records, asked)], adsl)
    found = found.sort_values(order, kind="stable", ignore_index=True)
    row = first_rows(found, np.ones(len(found), dtype=bool), len(adsl))
    codes, values = distinct(take(found[column], row))
    return row, spread_text(codes, [given.get(value) for value in values], adsl.index)


def diagnosis_date(adsl: Frame, mh: Frame, spec: Dataset) -> pd.Series:
    """DXDT: the date of the first diagnosis; an unknown day is the 15th, an unknown month July 1st.

    Not later than the consent, where the collected date can mean its day.

    Source: rule D-IMP.
    """
    return _diagnosis(adsl, mh, spec)[0]


def diagnosis_date_flag(adsl: Frame, mh: Frame, spec: Dataset) -> pd.Series:
    """DXDTF: D or M where day or month was imputed."""
    return _diagnosis(adsl, mh, spec)[1]


def _diagnosis(adsl: Frame, mh: Frame, spec: Dataset) -> tuple[pd.Series, pd.Series]:
    found = keep_subjects(mh.loc[mask(mh, asked(spec, "diagnosis"))], adsl)
    found = found.sort_values(["subject", "MHSEQ"], kind="stable", ignore_index=True)
    collected = take(found["MHSTDTC"], first_rows(found, found["MHSTDTC"].notna().to_numpy(), len(adsl)))
    first, flag = dates.impute(collected, "first")
    middle = first.mask(flag == "D", first + 14 * ONE_DAY).mask(flag == "M", _july(first))
    consent = adsl["RFICDT"]
    late = flag.notna() & (middle > consent) & (consent >= first)
    return middle.mask(late, consent), flag


def _july(days: pd.Series) -> pd.Series:
    years = days.to_numpy().astype("datetime64[Y]").astype("datetime64[M]")
    return pd.Series((years + np.timedelta64(6, "M")).astype("datetime64[s]"), index=days.index)


def prior_transplant(adsl: Frame, pr: Frame, spec: Dataset) -> pd.Series:
    """PRHSCTFL: Y for a transplant before the study, else N."""
    return _yes_no(_has_record(adsl, pr, mask(pr, asked(spec, "prior_transplants"))))


def baseline_weight(adsl: Frame, dm: Frame, vs: Frame, spec: Dataset) -> pd.Series:
    """BLWT: the last weight at baseline [D-BASE]."""
    return _baseline(adsl, dm, vs, spec, "weight")


def baseline_height(adsl: Frame, dm: Frame, vs: Frame, spec: Dataset) -> pd.Series:
    """BLHT: the last height at baseline [D-BASE]."""
    return _baseline(adsl, dm, vs, spec, "height")


def baseline_surface(adsl: Frame, dm: Frame, vs: Frame, spec: Dataset) -> pd.Series:
    """BLBSA: the last body surface area at baseline [D-BASE]."""
    return _baseline(adsl, dm, vs, spec, "surface")


def _baseline(adsl: Frame, dm: Frame, vs: Frame, spec: Dataset, vital: str) -> pd.Series:
    """The last value from the consent to the dose that `baseline` of study.yml names.

    A result of that day without a time counts unless its time point is after the dose.
    """
    found = keep_subjects(vs.loc[(vs["VSTESTCD"] == vital_code(spec, vital)) & vs["VSSTRESN"].notna()], adsl)
    demographics = keep_subjects(dm, adsl)
    rows = first_rows(demographics, np.ones(len(demographics), dtype=bool), len(adsl))
    dose = take(take(demographics[baseline_dose(spec)], rows), found["subject"].to_numpy())
    early = dates.holds(found["VSDTC"], "le", dose) & ~(found["VSTPTNUM"] > 0).to_numpy()
    agreed = (dates.latest(found["VSDTC"]) >= of_subject(found, adsl, "RFICDT")).to_numpy()
    found = found.assign(at=dates.latest(found["VSDTC"])).loc[early & agreed]
    found = found.sort_values(["subject", "at", "VSSEQ"], kind="stable", ignore_index=True)
    return take(found["VSSTRESN"], last_rows(found, np.ones(len(found), dtype=bool), len(adsl)))


def dlt_evaluable(adsl: Frame, spec: Dataset) -> pd.Series:
    """DLTEVFL: enough of the planned dose, and a dose-limiting toxicity or the whole window seen.

    Y for subjects of the safety population who were given the least percentage of their planned dose and who
    have DLTFL, or are known alive on the last day of the window with neither transplant nor new therapy up to
    it; N for all others.

    Source: rule D.2.
    """
    last = plus_days(adsl["TRTSDT"], int(setting(spec.study, "dlt_window_days", spec.name, spec.at)))
    followed = (adsl["LSTALVDT"] >= last) & ~(adsl["HSCTDT"] <= last) & ~(adsl["NACTDT"] <= last)
    given = adsl["ARMCD"].notna() & (adsl["DOSEPCT"] >= least_percent(spec))
    return _yes_no(_is_yes(adsl["SAFFL"]) & (given & (_is_yes(adsl["DLTFL"]) | followed)).to_numpy())


def sampled(adsl: Frame, pc: Frame, spec: Dataset) -> pd.Series:
    """PKFL: treated, with a blood sample after the start of the infusion whose time and result are known.

    A result below the limit of quantitation is a result. Where the time of the start is imputed, a sample of
    a later day alone is known to be after it.

    Source: rules D.2, D-IMP.
    """
    return _yes_no(_is_yes(adsl["SAFFL"]) & _has_sample(adsl, pc, spec, ["samples"]))


def quantified(adsl: Frame, pc: Frame, spec: Dataset) -> pd.Series:
    """PPFL: as PKFL, and one of those results is a quantity, so that there is a maximum [D.2].

    Missing: an imputed start of the infusion gives no time after it [D-IMP], and no maximum [D.9].
    """
    treated = _is_yes(adsl["SAFFL"]) & adsl["TRTSTMF"].isna().to_numpy()
    return _yes_no(treated & _has_sample(adsl, pc, spec, ["samples", "quantified"]))


def _has_sample(adsl: Frame, pc: Frame, spec: Dataset, keys: list[str]) -> np.ndarray:
    wanted = dates.has_time(pc["PCDTC"])
    for key in keys:
        wanted = wanted & mask(pc, asked(spec, key))
    latest = adsl["TRTSDTM"].mask(adsl["TRTSTMF"].notna(), adsl["TRTSDTM"].dt.normalize() + LAST_SECOND)
    start = take(latest, subject_rows(pc, adsl)).to_numpy()
    return _has_record(adsl, pc, wanted & (dates.earliest(pc["PCDTC"]).to_numpy() > start))


def _has_record(adsl: Frame, records: Frame, wanted: np.ndarray) -> np.ndarray:
    rows = subject_rows(records, adsl)[wanted]
    has = np.zeros(len(adsl), dtype=bool)
    has[rows[rows >= 0]] = True
    return has


def _is_yes(flag: pd.Series) -> np.ndarray:
    return (flag == "Y").to_numpy(dtype=bool, na_value=False)


def _yes_no(holds: np.ndarray) -> pd.Series:
    return spread_text(holds.astype("int64"), ["N", "Y"], pd.RangeIndex(len(holds)))
