"""What the rules of ADRS look at, and how a rule's answers become rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from adam.adrs_rules import Parameter, Rules
from adam.algorithm import Given
from adam.verbs.mrd import flag_samples, mrd_samples
from adam.verbs.response import Assessed, assess, collected_responses, flag_confirmed, flag_considered
from adam.verbs.subjects import first_rows, of_subject, within
from adam.verbs.windows import add_visit
from clinical.distinct import spread_text
from clinical.frames import Frame, constant, empty, take

COLUMNS = (
    "AVALC", "AVAL", "ADT", "ADTF", "ADTNOTE", "AVISIT", "AVISITN", "AWTARGET", "AWTDIFF", "AWLO", "AWHI",
    "AWU", "RELAPTYP", "ANL01FL", "ANL02FL", "SRCDOM", "SRCVAR", "SRCSEQ", "RSSEQ",
)  # fmt: skip
REASON = "AVALRSN"  # of a response made of its components
BESIDE = "sample"  # CPSEQ of a sample that decides beside the source record
NUMBERS = ("AVAL", "AVISITN", "AWTARGET", "AWTDIFF", "AWLO", "AWHI", "SRCSEQ", "RSSEQ")
Source = tuple[str, str, str]
RESPONSE: Source = ("RS", "RSSTRESC", "RSSEQ")
SAMPLE: Source = ("CP", "CPSTRESC", "CPSEQ")
PERCENT: Source = ("CP", "CPSTRESN", "CPSEQ")


@dataclass(frozen=True, eq=False)
class Evidence:
    """What every rule of ADRS looks at: the safety population, its responses, MRD samples and components.

    `selected` keeps what was selected in a window for the next parameter of that window.
    """

    adsl: Frame
    responses: Frame
    samples: Frame
    rules: Rules
    given: Given | None = None
    selected: dict[tuple[str, ...], tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    _assessed: dict[tuple[str, ...], Assessed] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of subjects."""
        return len(self.adsl)

    @property
    def assessed(self) -> Assessed:
        """First progression and evaluable set, nothing left out."""
        return self.assessed_without(())

    def assessed_without(self, not_used_after: tuple[str, ...]) -> Assessed:
        """The same without responses later than these dates of ADSL."""
        if not_used_after not in self._assessed:
            self._assessed[not_used_after] = assess(
                self.responses, self.adsl, self.rules.limits, self.rules.until, not_used_after
            )
        return self._assessed[not_used_after]

    @cached_property
    def considered(self) -> np.ndarray:
        """The responses of the evaluable set and, on other days up to its end, those not adequate."""
        return flag_considered(self.responses, self.adsl, self.rules.limits, self.rules.until, self.assessed)

    @cached_property
    def confirmed(self) -> np.ndarray:
        """The responses considered that need no confirmation or have it."""
        return flag_confirmed(self.responses, self.considered, self.rules.criteria)

    @cached_property
    def used_samples(self) -> np.ndarray:
        """The samples of E-MRDSET."""
        return flag_samples(self.samples, self.adsl, self.rules.limits, self.rules.until, self.assessed)

    def start(self) -> pd.Series:
        """The reference date of each subject."""
        return self.adsl[self.rules.limits.start]

    def until(self) -> pd.Series:
        """The last day that counts for each subject [D-HOR]."""
        return self.adsl[self.rules.limits.until]

    def dated(self, column: str) -> pd.Series:
        """A date of ADSL, if not later than the horizon [D-HOR]."""
        day = self.adsl[column]
        return day.where(within(day, None, [self.until()]))

    def is_of(self, group: str) -> np.ndarray:
        """The responses whose value belongs to a group of the criteria."""
        return self.responses["AVALC"].isin(self.rules.criteria.groups[group]).to_numpy()

    def first_response(self, group: str) -> np.ndarray:
        """Each subject's row of the first evaluable response of a group."""
        return first_rows(self.responses, self.assessed.evaluable & self.is_of(group), self.size)

    def samples_with(self, status: str) -> np.ndarray:
        """The samples of E-MRDSET with a status."""
        return self.used_samples & (self.samples["status"] == status).to_numpy(dtype=bool, na_value=False)

    def response_date(self, rows: np.ndarray) -> pd.Series:
        """The dates of rows of the responses."""
        return take(self.responses["ADT"], rows)


def gather(
    adsl: Frame, rs: Frame, cp: Frame | None, sv: Frame | None, rules: Rules, components: list[Frame]
) -> Evidence:
    """The safety population with its dated responses and samples, each with its analysis visit.

    A study without such samples has no CP (then there are none), one without SV no dates of visits;
    `components` are LB, TU and TR where a response is made of them.
    """
    adsl = adsl.loc[adsl["SAFFL"] == "Y"].reset_index(drop=True)
    limits, note = rules.limits, rules.criteria.visit_note
    responses = collected_responses(rs, sv, adsl, rules.criteria, limits)
    responses = add_visit(responses, rules.visits, of_subject(responses, adsl, limits.start))
    samples = pd.DataFrame()
    if cp is not None:
        samples = mrd_samples(cp, sv, adsl, rules.mrd, limits, note)
        samples = add_visit(samples, rules.visits, of_subject(samples, adsl, limits.start))
    given = Given(adsl, rs, *components) if rules.algorithm else None
    return Evidence(adsl, responses, samples, rules, given)


def whole_rows(
    records: Frame,
    first_flag: np.ndarray,
    second_flag: np.ndarray,
    source: tuple[str, str, str],
    **more: pd.Series,
) -> Frame:
    """Collected records as rows of ADRS; RELAPTYP and AVALC where the records have them."""
    size = len(records)
    domain, variable, sequence = source
    yes = constant("Y", size)
    columns = {column: records[column] for column in COLUMNS if column in records} | more
    columns |= {
        "ANL01FL": yes.where(first_flag),
        "ANL02FL": yes.where(second_flag),
        "SRCDOM": constant(domain, size),
        "SRCVAR": constant(variable, size),
        "SRCSEQ": records[sequence],
    }
    return rows_of(records["subject"].to_numpy(), columns)


def one_each(
    evidence: Evidence,
    parameter: Parameter,
    avalc: pd.Series,
    aval: pd.Series,
    adt: pd.Series,
    row: np.ndarray,
    cited: list[str],
    which: np.ndarray | int = 0,
    source: Source = RESPONSE,
    among: np.ndarray | bool = True,
    **shown: pd.Series,
) -> Frame:
    """One row for each subject of the parameter's population, among those named.

    `row` is each subject's source record; where it is -1 the column `cited[which]` of ADSL is the source.
    """
    records = evidence.responses if source is RESPONSE else evidence.samples
    domain, variable, sequence = source
    found = row >= 0
    columns = {
        "AVALC": avalc,
        "AVAL": aval,
        "ADT": adt,
        "ADTF": take(records["ADTF"], row).where(adt.notna()),
        "ADTNOTE": take(records["ADTNOTE"], row).where(adt.notna()),
        "SRCDOM": spread_text(np.where(found, 0, 1), [domain, "ADSL"], evidence.adsl.index),
        "SRCVAR": spread_text(np.where(found, 0, 1 + which), [variable, *cited], evidence.adsl.index),
        "SRCSEQ": take(records[sequence], row),
        **shown,
    }
    who = (evidence.adsl[parameter.who] == "Y").to_numpy(dtype=bool, na_value=False) & among
    return rows_of(np.arange(evidence.size), columns).loc[who]


def yes_or_no(answer: np.ndarray, index: pd.Index) -> tuple[pd.Series, pd.Series]:
    """AVALC and AVAL of answers: Y 1, N 0, missing where -1."""
    aval = pd.Series(np.where(answer < 0, np.nan, answer.astype("float64")), index=index)
    return spread_text(answer.astype("int64"), ["N", "Y"], index), aval


def rows_of(subject: np.ndarray, columns: dict[str, pd.Series]) -> Frame:
    """A frame of ADRS rows; `completed` adds the columns that no rule of the study gives."""
    return pd.DataFrame({"subject": subject, **columns})


def completed(rows: Frame) -> Frame:
    """The rows with all of COLUMNS."""
    kinds = {"ADT": "datetime64[s]", **dict.fromkeys(NUMBERS, "float64")}
    absent = [column for column in COLUMNS if column not in rows]
    return rows.assign(**{column: empty(kinds.get(column, "str"), len(rows)) for column in absent})
