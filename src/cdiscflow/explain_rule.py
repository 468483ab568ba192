"""What a rule of `validation/` says, where it stands and what to do about its findings."""

from __future__ import annotations

import re

from cdiscflow.home import Home
from clinical.errors import catalogue
from clinical.read import read_yaml

CELLS = "N"  # V-N-1 is about cells of displays; no dataset has this name
RULE = re.compile(r"V-(?P<on>[\w.]+)-(?P<number>\d+)")


def explain_rule(home: Home, identity: str) -> list[str]:
    """The lines about a rule in each folder that has it; none if there is no such rule.

    A rule of every dataset (`V-xx-31`) is found by the id its findings carry (`V-LB-31`).
    """
    asked = RULE.fullmatch(identity)
    if asked is None:
        return []
    names = (identity,) if asked["on"] == CELLS else (identity, f"V-xx-{asked['number']}")
    lines: list[str] = []
    for path in sorted(home.validation.glob("*/*/*.yml")):
        rules = read_yaml(path, home.validation.parent)["rules"]
        for name in names:
            rule = rules.get(name)
            if rule is not None and "says" in rule:
                severity = rule.get("severity", catalogue()["tlf.numbers-disagree"].severity)
                stands = [str(rules.line(name)), severity, rule.get("rule", "")]
                lines += [
                    f"{name} ({', '.join(filter(None, stands))})",
                    f"  says:  {rule['says']}",
                    f"  to do: {rule['todo']}",
                ]
    return lines
