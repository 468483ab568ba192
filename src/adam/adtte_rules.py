"""The rules of a time-to-event dataset, read from `parameters` of its spec.

A parameter says for whom it is, where its time starts, what ends it, and what is recorded for those whom
nothing ended. In every line `date` is DATASET.VARIABLE and `where` filters that dataset's records (ADSL's if
there is no date); `{column: X}` in it is a column of ADSL or a date named under `dates`.

```yaml
policies:                     # settings of study.yml and their options: `adam.policies`
  study.hsct_policy: [treatment_policy, censor]
dates:                        # one date a subject, the first; conditions name them like columns of ADSL
  cr1:    {label: first CR/CRi, date: ADRS.ADT, where: {PARAMCD: CR1}}     # `label`: how `explain` calls it
  w12end: {date: ADSL.TRTSDT, window: W12}     # last day of that window of study.yml, counted from the date
defaults:                     # keys of every parameter that does not state them
  until: ACUTDT               # column of ADSL: what is dated later is not used
  censored: CENSORED          # EVNTDESC of a censored record
  assessments: {date: ADRS.ADT, where: {PARAMCD: OVR}, highest: AVAL}   # the highest of several on a date
DOR:
  label: Duration of Response (days)
  who: {RSPFL: Y}             # condition on ADSL
  start: {date: ADRS.ADT, where: {PARAMCD: RSP}}
  events:                     # the earliest counts; on one date the first line names it
    - {date: ADRS.ADT, where: {PARAMCD: OVR, AVALC: RD}, after_start: true, text: RELAPSE}
    - {date: ADSL.DTHDT, where: {DTHCAT: DISEASE}, text: DEATH DUE TO DISEASE}
  interrupted_by:             # the earliest, on one date the first line; only if before the event
    - {date: ADSL.HSCTDT, when: {study.hsct_policy: censor}, at: itself, cnsr: 4, text: HSCT}
    - {date: ADSL.NACTDT, cnsr: 3, text: NEW THERAPY}    # else the last assessment not after it
  missed: {windows: study.response_windows, since: ADSL.TRTSDT, at_least: 2, cnsr: 6, text: MISSED}
  otherwise:                  # no event: the first line that applies
    - {no_assessment: true, cnsr: 7, text: NO ASSESSMENT}                 # none after the start: at the start
    - {date: ADSL.LSTALVDT, at: itself, cnsr: 1, text: LAST CONTACT}      # that day, `until` if it is later
    - {date: ADSL.DTHDT, cnsr: 5, text: OTHER DEATH}                      # the last assessment not after it
    - {where: {DCSREAS: LOST TO FOLLOW-UP}, cnsr: 2, text: LOST}          # the last assessment
    - {cnsr: 1, text: LAST ASSESSMENT}
DORALL: {like: DOR, label: ..., events: [...]}   # keys of an earlier parameter, unless stated here
FUP: {label: ..., reverse_of: OS}                # the same date, event and censoring exchanged
```
`after_start`: later than the start, else not earlier. `source: LB.X` cites another variable than `date`, by
LBSEQ of the record if it has that. `lowest: AVAL` takes the lowest of several on a date, not the highest.

An event that must last has `lasting`: its date is the first of so many consecutive days whose records have
`where`, later than a named date, with no record of `without` from some days before it to the last day:
```yaml
- date: ADLB.ADT
  where: {PARAMCD: PLAT}
  lowest: AVAL
  lasting:
    times: 3
    where: {AVAL: {ge: 20}}
    later_than: low
    without: {date: ADCM.ASTDT, where: {CMCAT: BLOOD PRODUCT}, days_before: 7}
  text: PLATELET RECOVERY
```
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress

from adam.policies import HEAD, Policies
from adam.rules import Reads, chosen, need, only, refuse, setting, text, whole, yes
from adam.verbs.windows import Window, read_limits
from clinical.read import Mapping, Sequence
from clinical.spec import Dataset
from clinical.where import Condition, condition

SETTINGS = ("policies", "dates", "defaults")
PARAMETER = (
    "label", "who", "start", "until", "assessments", "events", "interrupted_by", "missed", "otherwise",
    "censored",
)  # fmt: skip
DATED = ("date", "where", "after_start", "highest", "lowest", "source")

NOWHERE = ("", "")


@dataclass(frozen=True)
class Lasting:
    """So many records in a row that satisfy `where`, later than a named date, and none of `without` near."""

    times: int
    where: Condition
    later_than: str
    without: Dated | None
    days_before: int


@dataclass(frozen=True)
class Dated:
    """Dates of records: a variable of a dataset, for the records that satisfy `where`."""

    dataset: str
    column: str
    where: Condition | None
    after_start: bool = False
    highest: str = ""
    lowest: str = ""
    source: tuple[str, str] = NOWHERE
    lasting: Lasting | None = None

    @property
    def cited(self) -> tuple[str, str]:
        """SRCDOM and SRCVAR."""
        return self.source if self.source[0] else (self.dataset, self.column)


@dataclass(frozen=True)
class Line:
    """An event (`cnsr` 0) or a censoring: when it applies, where its date comes from, what it is called."""

    text: str
    cnsr: int
    dated: Dated | None
    where: Condition | None = None
    itself: bool = True
    no_assessment: bool = False

    @property
    def conditional(self) -> bool:
        """Whether it may not apply."""
        return self.no_assessment or self.where is not None or self.dated is not None


@dataclass(frozen=True)
class Missed:
    """Censoring before a gap: so many windows in a row without assessment before the event."""

    windows: tuple[Window, ...]
    since: str
    at_least: int
    line: Line


@dataclass(frozen=True)
class Named:
    """A named date: the first of its records, or the last day of a window counted from it."""

    dated: Dated
    plus_days: int
    label: str


@dataclass(frozen=True)
class Parameter:
    """One time-to-event parameter; `reverse_of` is the code of the one it reverses."""

    code: str
    number: int
    label: str
    reverse_of: str = ""
    who: Condition | None = None
    start: Dated | None = None
    until: str = ""
    censored: str = ""
    assessments: Dated | None = None
    events: tuple[Line, ...] = ()
    interrupted_by: tuple[Line, ...] = ()
    missed: Missed | None = None
    otherwise: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Rules:
    """Named dates and parameters, in the order of the spec."""

    dates: dict[str, Named]
    parameters: tuple[Parameter, ...]


def read_rules(spec: Dataset) -> Rules:
    """The rules as a spec states them.

    Raises: SpecError, with file and line, for an unknown key, a line that lacks something, a dataset or
            column that `reads` does not name, and a parameter that is like a later one.
    """
    return _Reader(spec).rules()


class _Reader:
    def __init__(self, spec: Dataset):
        self.spec, self.reads, self.policies = spec, Reads(spec), Policies(spec)
        self.node = spec.parameters
        self.names = tuple(self.node.get("dates", Mapping()))
        self.written: dict[str, Mapping] = {}

    def rules(self) -> Rules:
        named = self.node.get("dates", Mapping())
        dates = {name: self._named(name, named[name]) for name in named}
        codes = [code for code in self.node if code not in SETTINGS]
        return Rules(dates, tuple(self._parameter(code, place) for place, code in enumerate(codes, start=1)))

    def _named(self, name: str, node: Mapping) -> Named:
        owner = f"{self.spec.name}.{name}"
        only(node, ("label", "date", "where", "window"), owner)
        windows = self._windows(owner, f"{HEAD}response_windows") if "window" in node else {}
        days = (
            windows[chosen(node, "window", text(node, "window", owner), windows, owner)].last
            if windows
            else 0
        )
        return Named(self._dated(node, owner), days, text(node, "label", owner, name))

    def _windows(self, owner: str, name: str) -> dict[str, Window]:
        key = name.removeprefix(HEAD)
        return read_limits(setting(self.spec.study, key, owner, self.spec.at), f"{owner}.{key}")

    def _parameter(self, code: str, number: int) -> Parameter:
        owner, given = f"{self.spec.name}.{code}", self.node[code]
        if code.islower():
            only(Mapping({code: given}, self.node.at, self.node.lines), SETTINGS, self.spec.name)
        if isinstance(given, Mapping) and "reverse_of" in given:
            only(given, ("label", "reverse_of"), owner)
            other = chosen(given, "reverse_of", text(given, "reverse_of", owner), self.written, owner)
            return Parameter(code, number, text(given, "label", owner), reverse_of=other)
        node = self._whole(code, owner)
        self.written[code] = node
        rules = self._read(code, number, node, owner)
        at_assessment = [line for line in (*rules.interrupted_by, *rules.otherwise) if not line.itself]
        if (at_assessment or rules.missed) and rules.assessments is None:
            raise refuse("rules.needed", given.at, owner, what=code, key="assessments")
        return rules

    def _read(self, code: str, number: int, node: Mapping, owner: str) -> Parameter:
        return Parameter(
            code=code,
            number=number,
            label=text(node, "label", owner),
            who=self._condition(node, "who", owner),
            start=self._dated(need(node, "start", owner, code), owner),
            until=self._adsl(node, "until", owner),
            censored=text(node, "censored", owner),
            assessments=self._dated(node["assessments"], owner) if "assessments" in node else None,
            events=self._lines(need(node, "events", owner, code), "events", owner),
            interrupted_by=self._lines(node.get("interrupted_by", Sequence()), "interrupted_by", owner),
            missed=self._missed(node["missed"], owner) if "missed" in node else None,
            otherwise=self._lines(need(node, "otherwise", owner, code), "otherwise", owner),
        )

    def _whole(self, code: str, owner: str) -> Mapping:
        """The parameter with what it takes over from another one and from the defaults."""
        given, defaults = self.node[code], self.node.get("defaults", Mapping())
        only(given, (*PARAMETER, "like"), owner)
        only(defaults, PARAMETER, f"{self.spec.name}.defaults")
        below = (
            self.written[chosen(given, "like", given["like"], self.written, owner)]
            if "like" in given
            else defaults
        )
        items = {key: value for key, value in {**below, **given}.items() if key != "like"}
        return Mapping(items, given.at, {**below.lines, **given.lines})

    def _adsl(self, node: Mapping, key: str, owner: str) -> str:
        column = text(node, key, owner)
        self.reads.must_have("ADSL", [column], node.line(key), owner)
        return column

    def _condition(self, node: Mapping, key: str, owner: str, dataset: str = "ADSL") -> Condition:
        asked = condition(need(node, key, owner), owner)
        known = self.names if dataset == "ADSL" else ()
        self.reads.must_have(dataset, sorted(asked.columns - set(known)), node.line(key), owner)
        self.reads.must_have("ADSL", sorted(asked.others - set(self.names)), node.line(key), owner)
        return asked

    def _dated(self, node: Mapping, owner: str) -> Dated:
        at = node.line("date") if isinstance(node, Mapping) else getattr(node, "at", "")
        dataset, column = self._name(node, "date", owner)
        highest, lowest = text(node, "highest", owner, ""), text(node, "lowest", owner, "")
        self.reads.must_have(dataset, [column, *filter(None, (highest, lowest))], at, owner)
        source = self._name(node, "source", owner) if "source" in node else NOWHERE
        where = self._condition(node, "where", owner, dataset) if "where" in node else None
        lasting = self._lasting(node["lasting"], f"{owner}.lasting", dataset) if "lasting" in node else None
        after = yes(node, "after_start", owner)
        return Dated(dataset, column, where, after, highest, lowest, source, lasting)

    def _lasting(self, node: Mapping, owner: str, dataset: str) -> Lasting:
        only(node, ("times", "where", "later_than", "without"), owner)
        without, days = None, 0
        if "without" in node:
            only(node["without"], ("date", "where", "days_before"), f"{owner}.without")
            without = self._dated(node["without"], f"{owner}.without")
            days = whole(node["without"], "days_before", f"{owner}.without")
        return Lasting(
            times=whole(node, "times", owner),
            where=self._condition(node, "where", owner, dataset),
            later_than=chosen(node, "later_than", text(node, "later_than", owner), self.names, owner),
            without=without,
            days_before=days,
        )

    def _name(self, node: Mapping, key: str, owner: str) -> tuple[str, str]:
        if not isinstance(node, Mapping):
            raise refuse("rules.shape", getattr(node, "at", ""), owner, key=key, shape="in a mapping")
        dataset, _, column = text(node, key, owner).partition(".")
        if not column:
            raise refuse("rules.shape", node.line(key), owner, key=key, shape="DATASET.VARIABLE")
        return dataset, column

    def _lines(self, node: Sequence, key: str, owner: str) -> tuple[Line, ...]:
        if not isinstance(node, Sequence):
            raise refuse("rules.shape", getattr(node, "at", ""), owner, key=key, shape="a list of lines")
        lines = tuple(self._line(line, key, f"{owner}.{key}") for line in node)
        standing = [self.policies.stands(line, f"{owner}.{key}") for line in node]
        for number, line in enumerate(lines[:-1], start=1):
            if key == "otherwise" and not line.conditional and "when" not in node[number - 1]:
                words = {"number": number, "next": number + 1}
                raise refuse("rules.dead-line", node[number - 1].at, f"{owner}.{key}", **words)
        return tuple(compress(lines, standing))

    def _line(self, node: Mapping, key: str, owner: str) -> Line:
        extra = {
            "events": ("lasting",),
            "interrupted_by": ("at", "cnsr"),
            "otherwise": ("at", "cnsr", "no_assessment"),
        }[key]
        only(node, ("text", "when", *DATED, *extra), owner)
        if key != "otherwise":
            need(node, "date", owner, "a line")
        dated = self._dated(node, owner) if "date" in node else None
        own = self._condition(node, "where", owner) if "where" in node and dated is None else None
        if "at" in node:
            chosen(node, "at", text(node, "at", owner), ("itself", "assessment"), owner)
        return Line(
            text=text(node, "text", owner),
            cnsr=0 if key == "events" else whole(node, "cnsr", owner),
            dated=dated,
            where=own,
            itself=key == "events" or node.get("at") == "itself",
            no_assessment=yes(node, "no_assessment", owner),
        )

    def _missed(self, node: Mapping, owner: str) -> Missed:
        only(node, ("windows", "since", "at_least", "cnsr", "text"), f"{owner}.missed")
        windows = self._windows(owner, text(node, "windows", owner))
        dataset, column = self._name(node, "since", owner)
        chosen(node, "since", dataset, ("ADSL",), owner)
        self.reads.must_have(dataset, [column], node.line("since"), owner)
        line = Line(text(node, "text", owner), whole(node, "cnsr", owner), None, itself=False)
        return Missed(tuple(windows.values()), column, whole(node, "at_least", owner), line)
