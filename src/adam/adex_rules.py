"""The rules of ADEX, read from `parameters` of its spec, one line a parameter in the order of the spec:

```yaml
XDOSE: {label: Total Dose of X (mg/m2), drug: X, rule: total, of: EXDOSE}
```
`drug` is the EXTRT whose records count, `of` the column of EX that the rule reads; `rule` is one of RULES.
"""

from __future__ import annotations

from dataclasses import dataclass

from adam.rules import Reads, chosen, need, only, setting, text
from clinical.read import Mapping
from clinical.spec import Dataset

# rule: whether it reads a column of EX
RULES = {
    "total": True,
    "days": False,
    "percent_of_plan": True,
    "percent_of_arm": False,
    "minutes": False,
    "first_course": True,
    "interrupted": True,
}


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name, the drug it is about, the rule that makes it and the column the rule reads."""

    code: str
    label: str
    drug: str
    rule: str
    of: str


@dataclass(frozen=True)
class Rules:
    """The parameters in order, and the whole planned dose of each drug of the preparation, in its unit."""

    parameters: tuple[Parameter, ...]
    planned: dict[str, float]


def read_rules(spec: Dataset) -> Rules:
    """The rules; refuses what is wrong in them before any data is read.

    Raises: SpecError for an unknown key, rule or drug, and for a column that `reads` does not name.
    """
    planned = {
        text(line, "drug", "ld_plan"): float(text(line, "dose", "ld_plan"))
        * len(need(line, "days", "ld_plan"))
        for line in setting(spec.study, "ld_plan", spec.name, spec.at)
    }
    reads = Reads(spec)
    parameters = tuple(_parameter(code, node, spec, reads) for code, node in spec.parameters.items())
    for parameter in parameters:
        if parameter.rule == "percent_of_plan":
            node = spec.parameters[parameter.code]
            chosen(node, "drug", parameter.drug, planned, f"{spec.name}.{parameter.code}")
    return Rules(parameters, planned)


def _parameter(code: str, node: Mapping, spec: Dataset, reads: Reads) -> Parameter:
    owner = f"{spec.name}.{code}"
    only(node, ("label", "drug", "rule", "of"), owner)
    rule = chosen(node, "rule", text(node, "rule", owner), RULES, owner)
    of = text(node, "of", owner) if RULES[rule] else ""
    if of:
        reads.must_have("EX", [of], node.line("of"), owner)
    return Parameter(code, text(node, "label", owner), text(node, "drug", owner), rule, of)
