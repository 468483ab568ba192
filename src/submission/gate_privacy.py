"""Values that could name a person: what a package must not hold [F-8]. Never the value itself is said."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clinical.distinct import distinct
from submission.tree import Fault, Tree, fault

PATTERNS = {
    "gate.phone": re.compile(
        r"(?<![\d.])(\+?86[- ]?)?1[3-9]\d{9}(?![\d.])|\+\d{1,3}[ -]\d{2,4}[ -]\d{3,4}[ -]\d{3,4}"
    ),
    "gate.identity": re.compile(
        r"(?<!\d)\d{6}(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\w)"
    ),
    "gate.email": re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"),
    "gate.hospital-number": re.compile(
        r"(?i)\b(MRN|hospital (no|number)|inpatient (no|number))\b[.: #]*\w*\d{4,}"
    ),
    "gate.person-name": re.compile(r"\b(Mr|Mrs|Ms|Dr|Prof)\.? [A-Z][a-z]+\b"),
}
NAMES = re.compile(r".*(INIT|NAME|PHONE|ADDR|EMAIL|IDCARD)$|SUBJINIT|PATNAME|LASTNM|FIRSTNM")
ALLOWED = {"PCNAM", "LBNAM", "CPNAM", "MBNAM", "ISNAM"}


def check_privacy(tree: Tree) -> Iterator[Fault]:
    """Birth dates to the day, and text that looks like a phone number, an identity number, a name ..."""
    for part in tree.all_parts():
        if part.content is None:
            continue
        frame = part.content.frame
        for variable in part.content.variables:
            at = (part.file, part.name, variable.name)
            if NAMES.fullmatch(variable.name) and variable.name not in ALLOWED:
                yield fault("gate.person-variable", *at)
            if variable.type != "Char":
                continue
            _, values = distinct(frame[variable.name])
            if variable.name in ("BRTHDTC", "BRTHDT"):
                days = sum(len(value) > 7 for value in values)
                if days:
                    yield fault("gate.birth-date", *at, count=days)
            for identity, pattern in PATTERNS.items():
                count = sum(bool(pattern.search(value)) for value in values)
                if count:
                    yield fault(identity, *at, count=count)
