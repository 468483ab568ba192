"""The rules of ADRS, read from `parameters` of its spec.

Lower-case keys are settings, the others parameters in the order of the spec:

```yaml
limits: {start: TRTSDT, until: ACUTDT, death: DTHDT, cut: DCUTDT}    # columns of ADSL
evaluable: {until: [NACTDT]}            # E-EVSET: assessments later than these do not count
visits: {windows: {W4: {visit: WEEK 4, number: 4}}, before: ..., outside: ..., unit: PROTOCOL DAY}
status:                                 # E-ORR: why a subject has no response in a window, in this order
  progression: PD/RELAPSE
  new_therapy: {date: NACTDT, text: NEW THERAPY}
  death: {date: DTHDT, text: DEATH}
  not_reached: NOT YET REACHED
  not_evaluable: NOT EVALUABLE
  nothing: NO ASSESSMENT
mrd: {...}                              # see adam.verbs.mrd
algorithm: {...}                        # see adam.algorithm_rules
defaults: {category: INVESTIGATOR, who: EFFFL}                       # of parameters that do not say
ORRW4H: {number: 30, label: ..., rule: response_at, of: response, window: W4, not_used_after: [HSCTDT]}
```
`rule` is one of RULES below; `status`, `mrd` and `algorithm` may be left out where no rule rests on them. A
`date` of ADSL has its imputation flag beside it (HSCTDT, HSCTDTF). Response criteria and the windows' days
are those of study.yml.
"""

from __future__ import annotations

from dataclasses import dataclass

from adam.algorithm_rules import Algorithm, read_algorithm
from adam.response_criteria import Criteria, read_criteria
from adam.rules import Reads, chosen, need, only, refuse, setting, text, texts, whole
from adam.verbs.mrd import MrdRules, read_mrd
from adam.verbs.response import Limits
from adam.verbs.windows import Visits, Window, read_limits, read_visits
from clinical.read import Mapping
from clinical.spec import Dataset

SETTINGS = ("limits", "evaluable", "visits", "status", "mrd", "algorithm", "defaults")
SHARED = ("category", "who")
COMMON = ("number", "label", "rule", *SHARED)
COLLECTED = ("responses", "mrd_percent")
SINGLE = ("of", "after", "window", "date", "not_after", "none")
REASONS = ("progression", "new_therapy", "death", "not_reached", "not_evaluable", "nothing")
# rule: (keys it needs, keys it may have)
RULES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "responses": ((), ()),
    "algorithmic": (("after",), ()),
    "mrd_status": ((), ()),
    "mrd_percent": ((), ()),
    "status": (("window",), ("not_used_after",)),
    "response_at": (("window", "of"), ("not_used_after",)),
    "best": (("none",), ("window",)),
    "best_unconfirmed": (("none",), ()),
    "best_confirmed": (("none",), ()),
    "ever": (("of",), ()),
    "ever_confirmed": (("of",), ()),
    "first": (("of",), ()),
    "progression": ((), ()),
    "relapse": (("after",), ()),
    "mrd_negative": ((), ()),
    "mrd_response": (("of",), ()),
    "mrd_relapse": (("after",), ()),
    "in_response": (("date", "of", "not_after"), ()),
    "dated": (("date",), ()),
    "last": ((), ()),
}
# rule: the settings it rests on
RESTS_ON = {
    "algorithmic": ("algorithm",),
    "status": ("status",),
    "response_at": ("status",),
    "mrd_status": ("mrd",),
    "mrd_percent": ("mrd",),
    "mrd_negative": ("mrd",),
    "mrd_response": ("mrd",),
    "mrd_relapse": ("mrd",),
}
# rule: what study.yml must say under `response`
CRITERIA = {
    "best_confirmed": ("confirmation",),
    "ever_confirmed": ("confirmation",),
    "relapse": ("relapse_type",),
}


@dataclass(frozen=True)
class Status:
    """The reasons of E-ORR in their order, and the dates of new therapy and death."""

    texts: tuple[str, ...]
    new_therapy: str
    death: str


@dataclass(frozen=True)
class Parameter:
    """One parameter of ADRS: what it is called, for whom, and the rule that makes its rows."""

    code: str
    number: int
    label: str
    category: str
    who: str
    rule: str
    of: str = ""
    after: str = ""
    window: str = ""
    date: str = ""
    not_after: str = ""
    none: str = ""
    not_used_after: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """PARAMTYP: empty for what was collected."""
        return "" if self.rule in COLLECTED else "DERIVED"


@dataclass(frozen=True)
class Rules:
    """Everything ADRS is told: criteria, limits, windows, reasons, MRD, components, parameters."""

    criteria: Criteria
    limits: Limits
    until: tuple[str, ...]
    windows: dict[str, Window]
    visits: Visits
    status: Status | None
    mrd: MrdRules | None
    algorithm: Algorithm | None
    parameters: tuple[Parameter, ...]

    @property
    def visit_number(self) -> dict[str, int]:
        """The place of each window among the visits."""
        return {window.name: place for place, window in enumerate(self.visits.windows)}


def read_rules(spec: Dataset) -> Rules:
    """The rules of ADRS as its spec and study.yml state them.

    Raises: SpecError, with file and line, for an unknown key, rule, window or group and for one that lacks.
    """
    node, owner = spec.parameters, spec.name
    windows = read_limits(
        setting(spec.study, "response_windows", owner, spec.at), f"{owner}.response_windows"
    )
    limits = need(node, "limits", owner)
    only(limits, ("start", "until", "death", "cut"), f"{owner}.limits")
    evaluable = need(node, "evaluable", owner)
    only(evaluable, ("until",), f"{owner}.evaluable")
    criteria = read_criteria(spec)
    rules = Rules(
        criteria=criteria,
        limits=Limits(*(text(limits, key, f"{owner}.limits") for key in ("start", "until", "death", "cut"))),
        until=texts(evaluable, "until", f"{owner}.evaluable"),
        windows=windows,
        visits=read_visits(need(node, "visits", owner), windows, f"{owner}.visits"),
        status=_status(node["status"], f"{owner}.status") if "status" in node else None,
        mrd=read_mrd(node["mrd"], spec) if "mrd" in node else None,
        algorithm=read_algorithm(node["algorithm"], criteria.codes, spec) if "algorithm" in node else None,
        parameters=tuple(
            _parameter(name, node, windows, criteria, f"{owner}.{name}")
            for name in node
            if name not in SETTINGS
        ),
    )
    for parameter in rules.parameters:
        _check_settings(parameter, spec)
    _check_reads(spec, rules)
    return rules


def _check_reads(spec: Dataset, rules: Rules) -> None:
    """Refuses a column that a rule names and `reads` does not."""
    reads, node, owner = Reads(spec), spec.parameters, spec.name
    limits, status = rules.limits, rules.status
    for key, columns in (
        ("limits", (limits.start, limits.until, limits.death, limits.cut)),
        ("evaluable", rules.until),
        ("status", (status.new_therapy, status.death) if status else ()),
    ):
        reads.must_have("ADSL", columns, node.line(key) if key in node else "", f"{owner}.{key}")
    for parameter in rules.parameters:
        dates = [parameter.date, f"{parameter.date}F"] if parameter.date else []
        after = [parameter.not_after] if parameter.not_after else []
        columns = [parameter.who, *dates, *after, *parameter.not_used_after]
        reads.must_have("ADSL", columns, node.line(parameter.code), f"{owner}.{parameter.code}")
    for asked in (rules.criteria.records, rules.criteria.relapse_type):
        reads.must_have_left("RS", asked, spec.study.line("response"), f"{owner}.response")
    if rules.mrd:
        reads.must_have_left("CP", rules.mrd.records, node["mrd"].line("records"), f"{owner}.mrd")


def _check_settings(parameter: Parameter, spec: Dataset) -> None:
    """Refuses a rule whose settings or response criteria the study does not state."""
    owner, what = f"{spec.name}.{parameter.code}", f"rule {parameter.rule}"
    for key in RESTS_ON.get(parameter.rule, ()):
        need(spec.parameters, key, owner, what)
    for key in CRITERIA.get(parameter.rule, ()):
        need(spec.study["response"], key, owner, what)


def _status(node: Mapping, owner: str) -> Status:
    only(node, REASONS, owner)
    shown, dates = [], {}
    for key in REASONS:
        value = need(node, key, owner)
        if key in ("new_therapy", "death"):
            only(value, ("date", "text"), f"{owner}.{key}")
            dates[key] = text(value, "date", f"{owner}.{key}")
            shown.append(text(value, "text", f"{owner}.{key}"))
        else:
            shown.append(text(node, key, owner))
    return Status(tuple(shown), **dates)


def _parameter(
    code: str, node: Mapping, windows: dict[str, Window], criteria: Criteria, owner: str
) -> Parameter:
    if code.islower():
        only(Mapping({code: node[code]}, node.at, node.lines), SETTINGS, owner.rpartition(".")[0])
    given = _over_defaults(node, code, owner)
    only(given, (*COMMON, *SINGLE, "not_used_after"), owner)
    rule = chosen(given, "rule", text(given, "rule", owner), RULES, owner)
    needed, optional = RULES[rule]
    only(given, (*COMMON, *needed, *optional), owner)
    for key in needed:
        need(given, key, owner, what=f"rule {rule}")
    for key, choices in (("of", criteria.groups), ("after", criteria.groups), ("window", windows)):
        if key in given:
            chosen(given, key, text(given, key, owner), choices, owner)
    single = {key: text(given, key, owner, "") for key in SINGLE}
    return Parameter(
        code=code,
        number=whole(given, "number", owner),
        label=text(given, "label", owner),
        category=text(given, "category", owner),
        who=text(given, "who", owner),
        rule=rule,
        not_used_after=texts(given, "not_used_after", owner, ()),
        **single,
    )


def _over_defaults(node: Mapping, code: str, owner: str) -> Mapping:
    """The parameter as written, laid over the defaults."""
    defaults, given = node.get("defaults", Mapping()), node[code]
    only(defaults, SHARED, f"{owner.rpartition('.')[0]}.defaults")
    if not isinstance(given, Mapping):
        raise refuse("rules.shape", node.line(code), owner, key=code, shape="a mapping")
    return Mapping({**defaults, **given}, given.at, {**defaults.lines, **given.lines})
