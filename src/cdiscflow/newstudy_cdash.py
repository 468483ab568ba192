"""Which SDTM variable a collected field is for, by the names of CDASH (`cdash.csv`).

`--` stands for the two letters of a domain. A name that is itself an SDTM variable needs no line.
Lines of the source `habit` are names that exports often have.

Source: CDASHIG, naming conventions: domain and root.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from clinical.errors import SpecError
from clinical.standards import Standard
from clinical.terms import Terms

ENGINE = ("STUDYID", "DOMAIN", "USUBJID")
DESIGN = ("TA", "TE", "TI", "TS", "TV", "SE", "SV", "CO", "PP", "RELREC", "SUPP--")
TOPICS = ("TERM", "TRT", "TESTCD")
SOME = 3
OF_TEST = ("ORRESU", "UNIT", "LOC", "POS", "LAT", "STAT", "REASND", "METHOD", "CLSIG", "DTC")
PERSON = ("AGE", "SEX", "RACE", "ETHNIC", "BRTHDTC", "COUNTRY")


@dataclass(frozen=True)
class Target:
    """What a field is for: a variable and how its value is stated.

    `test` is that of a field for one test, `codelist` and `label` those of a variable that the library
    does not have.
    """

    variable: str
    how: str
    source: str
    test: str = ""
    codelist: str = ""
    label: str = ""


@cache
def cdash_names() -> tuple[dict[str, str], ...]:
    """The lines of the table."""
    text = (resources.files("cdiscflow") / "cdash.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


class Domains:
    """The domains of the standard, and what a field's name means in each."""

    def __init__(self, standards: dict[str, Standard], terms: Terms):
        self.standards = {
            name: one for name, one in standards.items()
            if name == "DM" or (name not in DESIGN and len(name) == 2 and f"{name}SEQ" in one.variables)
        }  # fmt: skip
        self.terms = terms
        self._tests = {name: self._tests_of(name) for name in self.standards}

    def _tests_of(self, domain: str) -> frozenset[str]:
        variable = self.standards[domain].variables.get(f"{domain}TESTCD")
        name = self.codelist(variable.codelist) if variable else ""
        return frozenset(self.terms.codelist(name).values) if name else frozenset()

    def codelist(self, code: str) -> str:
        """The short name of a CDISC list; empty where the product does not have it."""
        if not code:
            return ""
        try:
            return self.terms.codelist(code).name
        except SpecError:
            return ""

    def meaning(self, domain: str, field: str) -> Target | None:
        """What a field is for in a domain; None where its name tells nothing."""
        plain = field.upper()
        found = self._named(domain, plain) or self._tested(domain, plain)
        if found is None and "_" in plain:
            found = self._named(domain, plain.replace("_", ""))
        if found is None and domain != "DM" and (bare := self._named(domain, domain + plain)):
            found = replace(bare, source="habit")  # the letters of the domain left out: DOSFRQ
        return found

    def _named(self, domain: str, name: str) -> Target | None:
        variables = self.standards[domain].variables
        if name in (*ENGINE, f"{domain}SEQ"):
            return None
        if name == f"{domain}TEST" and self._tests[domain]:
            return Target(f"{domain}TESTCD", "test", "CDASHIG")
        for line in cdash_names():
            variable = line["variable"].replace("--", domain)
            fits = line["how"] != "supp" if variable in variables else line["label"]
            if line["field"].replace("--", domain) == name and fits and line["domain"] in ("", domain):
                label = "" if variable in variables else line["label"]
                return Target(variable, line["how"], line["source"], "", line["codelist"], label)
        if name not in variables:
            return None
        stated = variables[name]
        how = "date" if name.endswith("DTC") else "number" if stated.type == "Num" else "copy"
        return Target(name, "term" if self.codelist(stated.codelist) else how, "SDTMIG")

    def _tested(self, domain: str, name: str) -> Target | None:
        """A field that is one test's: SYSBP, SYSBP_VSORRES, TEMP_VSLOC, TEMP_LOC."""
        for whole in (name, name.replace("_", "")):
            if len(whole) > 2 and whole in self._tests[domain]:
                return Target(f"{domain}ORRES", "copy", "CDASHIG", whole)
        test, _, rest = name.rpartition("_")
        root = rest.removeprefix(domain)
        if test not in self._tests[domain]:
            return None
        if root == "ORRES":
            return Target(f"{domain}ORRES", "copy", "CDASHIG", test)
        variable = f"{domain}ORRESU" if root == "UNIT" else f"{domain}{root}"
        if root not in OF_TEST or variable not in self.standards[domain].variables:
            return None
        listed = self.codelist(self.standards[domain].variables[variable].codelist)
        return Target(variable, "term" if listed else "copy", "CDASHIG", test)

    def domain_of(self, form: str, fields: list[str]) -> str:
        """The domain whose names most fields have; the form's own name decides first. Empty for none."""
        stem = re.split(r"[^A-Z0-9]", form.upper())[0]
        own = [each for each in (stem, stem[:2]) if each in self.standards]
        counted = {name: self._votes(name, fields) for name in dict.fromkeys([*own, *self.standards])}
        for name in own:
            if counted[name] and self._has_topic(name, fields):
                return name
        best = max(counted, key=lambda name: counted[name])
        return best if counted[best] > 1 and self._has_topic(best, fields) else ""

    def _votes(self, domain: str, fields: list[str]) -> int:
        targets = [self.meaning(domain, field) for field in fields]
        meant = [each for each in targets if each is not None and each.source != "habit"]
        if domain == "DM":
            return sum(each.variable in PERSON for each in meant)
        return sum(each.variable.startswith(domain) for each in meant)

    def _has_topic(self, domain: str, fields: list[str]) -> bool:
        """Whether a record would say what it is about; for an event or a dose some more fields do, too."""
        votes = self._votes(domain, fields)
        if domain == "DM":
            return votes > 1
        targets = [self.meaning(domain, field) for field in fields]
        if any(
            t and (t.variable[2:] in TOPICS or (t.test and t.variable == f"{domain}ORRES")) for t in targets
        ):
            return True
        return not self._tests[domain] and votes > SOME and self.topic(domain) != ""

    def topic(self, domain: str) -> str:
        """--TERM or --TRT; empty for a domain of findings."""
        variables = self.standards[domain].variables
        return next((domain + each for each in TOPICS[:2] if domain + each in variables), "")
