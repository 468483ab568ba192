"""Minimal residual disease: the status of a marrow sample, worked out again from its percentage [A.4]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from adam.rules import need, only, setting, text, texts
from adam.verbs.response import Assessed, Limits, visit_or_last_day
from adam.verbs.results import inequality
from adam.verbs.subjects import keep_subjects, of_subject, within
from clinical.distinct import distinct, spread_text
from clinical.errors import SpecError
from clinical.frames import Frame, constant
from clinical.read import Mapping
from clinical.spec import Dataset
from clinical.where import Condition, condition, mask

KEYS = ("records", "negative", "positive", "not_evaluable", "reported", "poor_samples")


@dataclass(frozen=True)
class MrdRules:
    """How a sample reads: records, the three statuses, reported words, poor samples, the cut-off in %."""

    records: Condition
    negative: str
    positive: str
    not_evaluable: str
    reported: dict[str, str]
    poor_samples: tuple[str, ...]
    cutoff: float
    match_days: int


def read_mrd(node: Mapping, spec: Dataset) -> MrdRules:
    """The rules under `mrd`; cut-off and days around a response are those of study.yml.

    Raises: SpecError for an unknown key or a reported word that means none of the three statuses.
    """
    owner = f"{spec.name}.mrd"
    only(node, KEYS, owner)
    statuses = tuple(text(node, key, owner) for key in ("negative", "positive", "not_evaluable"))
    reported = {name: str(value) for name, value in need(node, "reported", owner).items()}
    for name, value in reported.items():
        if value not in statuses:
            words = {"key": name, "choices": " or ".join(statuses), "value": value}
            raise SpecError("rules.choice", f"{node['reported'].line(name)}: {owner}", **words)
    return MrdRules(
        condition(need(node, "records", owner), owner),
        *statuses,
        reported,
        texts(node, "poor_samples", owner),
        float(setting(spec.study, "mrd_cutoff_pct", owner, node.at)),
        int(setting(spec.study, "mrd_match_days", owner, node.at)),
    )


def mrd_samples(cp: Frame, sv: Frame, adsl: Frame, rules: MrdRules, limits: Limits, note: str) -> Frame:
    """The marrow MRD samples of ADSL's subjects with status and percentage, sorted by subject and date.

    Needs:   CP: CPSTRESC, CPSTRESN, CPLLOQ, CPDTC, VISITNUM, CPSEQ, MRDQUAL, BMQUAL and what `records` asks.
    Gives:   subject, status, percent, ADT, ADTF, ADTNOTE, CPSEQ; `rank`: positive, negative, the rest.
    Source:  rules A.4 and D.3 MRD, MRDPCT.
    """
    found = cp.loc[mask(cp, rules.records)].reset_index(drop=True)
    found = keep_subjects(found, adsl)
    found["status"] = mrd_status(found, rules)
    below = (found["status"] == rules.negative) & (found["CPSTRESN"] < found["CPLLOQ"])
    found["percent"] = found["CPSTRESN"].mask(below)
    order = {rules.positive: 0, rules.negative: 1}
    found["rank"] = found["status"].map(order).fillna(2).astype("int64")
    day, flag, visit = visit_or_last_day(found, found["CPDTC"], sv, adsl, limits)
    found = found.assign(ADT=day, ADTF=flag, ADTNOTE=constant(note, len(found)).where(visit))
    return found.sort_values(["subject", "ADT", "rank", "CPSEQ"], kind="stable", ignore_index=True)


def mrd_status(samples: Frame, rules: MrdRules) -> pd.Series:
    """NEG below the cut-off with a sensitivity that reaches it, POS from the cut-off on, else NE.

    The sensitivity is CPLLOQ, without it the limit of a result such as `<0.01`. Without a percentage the
    reported word counts; a poor sample or one reported as not evaluable is NE whatever was measured.

    Source: rules A.4, B-DIRT-24.
    """
    sign, limit = inequality(samples["CPSTRESC"])
    value = samples["CPSTRESN"].to_numpy()
    sensitivity = np.where(samples["CPLLOQ"].notna(), samples["CPLLOQ"], np.where(sign == "<", limit, np.nan))
    codes, words = distinct(samples["MRDQUAL"])
    reported = spread_text(codes, [rules.reported.get(word) for word in words], samples.index)
    unmeasured = np.isnan(value) & (sign == "")
    positive = (value >= rules.cutoff) | ((sign == ">") & (limit >= rules.cutoff))
    positive |= unmeasured & (reported == rules.positive).to_numpy(dtype=bool, na_value=False)
    negative = (value < rules.cutoff) | ((sign == "<") & (limit <= rules.cutoff))
    negative |= unmeasured & (reported == rules.negative).to_numpy(dtype=bool, na_value=False)
    negative &= sensitivity <= rules.cutoff
    poor = samples["BMQUAL"].isin(rules.poor_samples) | (reported == rules.not_evaluable)
    kind = np.select([poor.to_numpy(dtype=bool, na_value=False), positive, negative], [2, 1, 0], default=2)
    return spread_text(kind, [rules.negative, rules.positive, rules.not_evaluable], samples.index)


def flag_samples(
    samples: Frame, adsl: Frame, limits: Limits, until: tuple[str, ...], assessed: Assessed
) -> np.ndarray:
    """The samples that MRD parameters use [E-MRDSET].

    Later than the start, not later than the horizon, the first progression and each of `until`; of several on
    one date the positive, else the negative, else the first.

    Needs: samples as `mrd_samples` sorts them.
    """
    ends = [of_subject(samples, adsl, column) for column in (limits.until, *until)]
    ends.append(of_subject(samples, adsl.assign(progressed=assessed.progressed), "progressed"))
    used = within(samples["ADT"], of_subject(samples, adsl, limits.start), ends)
    return used & ~samples.duplicated(["subject", "ADT"]).to_numpy()
