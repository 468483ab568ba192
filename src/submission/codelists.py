"""The code lists of a define.xml: the values that are there, with NCI's codes, extensions marked [F.5]."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from clinical.errors import SpecError
from clinical.spec import Dataset
from clinical.study import Study
from clinical.terms import Codelist
from clinical.words import with_lines
from submission.define_model import CodeList, Term
from submission.profile import Profile

FLAG, YES_NO = re.compile(r"[A-Z0-9]+FL"), "NY"
PARAMETERS = ("PARAMCD", "PARAM")
RESULTS = ("ORRES", "STRESC", "TSVAL")
OWN_LISTS = ("AVISIT", "EVNTDESC", "CNSDTDSC", "CNSR", "AVALCA1N", "PARAMN", "AVISITN")
DICTIONARIES = {
    "MedDRA": re.compile(r"(AE|MH)(LLT|LLTCD|DECOD|PTCD|HLT|HLTCD|HLGT|HLGTCD|SOC|SOCCD|BODSYS|BDSYCD)"),
    "WHODrug": re.compile(r"CM(DECOD|CLAS|CLASCD)"),
}
VERSIONS = {"MedDRA": "meddra_version", "WHODrug": "whodrug_version"}


@dataclass
class CodeLists:
    """Collects which values each code list has; `made` are the lists in alphabetical order of their OID."""

    study: Study
    layer: str
    _used: dict[str, dict[str, str]] = field(default_factory=dict)
    _types: dict[str, str] = field(default_factory=dict)
    _lists: dict[str, Codelist | None] = field(default_factory=dict)
    _external: dict[str, CodeList] = field(default_factory=dict)

    def dictionary(self, variable: str) -> str:
        """The external dictionary of a variable, by OID; empty where it has none or the study uses none."""
        for name, form in DICTIONARIES.items():
            version = self.study.setting(VERSIONS[name])
            if form.fullmatch(variable) and version:
                oid = f"CL.{name.upper()}"
                self._external.setdefault(
                    oid, CodeList(oid, name, "text", dictionary=name, version=str(version))
                )
                return oid
        return ""

    def of(self, dataset: Dataset | None, profile: Profile, variable: str, codelist: str) -> str:
        """The OID of a variable's code list, whose values are now among those used; empty for none.

        `codelist` is what the standard names: the CDISC short name or NCI codes.
        """
        content = profile.content[variable]
        name = self._name(dataset, variable, codelist, content.values)
        if not name or not content.values:
            return ""
        decodes = self._decodes(profile, variable)
        oid = f"CL.{name}"
        used = self._used.setdefault(oid, {})
        for value in content.values:
            used[value] = used.get(value) or decodes.get(value, "")
        self._types[oid] = "text" if content.data_type not in ("integer", "float") else content.data_type
        return oid

    def _name(self, dataset: Dataset | None, variable: str, codelist: str, values: Iterable[str]) -> str:
        """The list of a variable: the standard's before the words', CDISC's before the sponsor's.

        A list that lacks values is extended only where CDISC allows it and some of its values are used;
        results (--ORRES, --STRESC) are of a list only if it has them all.
        """
        stated = _stated(dataset, variable) if dataset else []
        found = [self._codelist(name) for name in [*filter(None, codelist.split(";")), *stated]]
        for whole, sponsor in ((True, False), (False, False), (True, True)):
            if not whole and variable.endswith(RESULTS):
                continue
            for one in found:
                if one is not None and one.sponsor == sponsor and self._fits(one, values, whole):
                    self._lists[f"CL.{one.name}"] = one
                    return one.name
        if FLAG.fullmatch(variable) and set(values) <= {"Y", "N", "U", "NA"}:
            return self._name(None, "", YES_NO, ())
        if variable in (*PARAMETERS, *OWN_LISTS):
            self._lists.setdefault(f"CL.{own_list(dataset, variable)}", None)
            return own_list(dataset, variable)
        return ""

    def _fits(self, codelist: Codelist, values: Iterable[str], whole: bool) -> bool:
        if set(values) <= set(codelist.values):
            return True
        _, published = self.study.terms.published(codelist.name)
        return not whole and codelist.extensible and bool(set(values) & published)

    def _codelist(self, name: str) -> Codelist | None:
        try:
            return self.study.terms.codelist(name)
        except SpecError:
            return None  # of another package of terminology; the variable then has no list

    def _decodes(self, profile: Profile, variable: str) -> dict[str, str]:
        return next((pairs for (code, _), pairs in profile.pairs.items() if code == variable), {})

    def made(self) -> tuple[CodeList, ...]:
        """Every list with the values used."""
        found = [self._made(oid, used) for oid, used in self._used.items()]
        return tuple(sorted([*found, *self._external.values()], key=lambda one: one.oid))

    def _made(self, oid: str, used: dict[str, str]) -> CodeList:
        known = self._lists.get(oid)
        package, published = self.study.terms.published(known.name) if known else ("", frozenset())
        codes = known.values if package else {}
        terms = tuple(
            Term(value, decode, codes.get(value, ""), bool(package) and value not in published)
            for value, decode in sorted(used.items(), key=lambda item: _order(item[0]))
        )
        standard = f"STD.CT.{package.upper()}" if package else ""
        name, code = oid.removeprefix("CL."), known.code if package else ""
        return CodeList(oid, name, self._types[oid], terms, code, standard)


def own_list(dataset: Dataset | None, variable: str) -> str:
    """The name of the list of a variable's own values: of one dataset."""
    return f"{dataset.name}.{variable}" if dataset else variable


def _stated(dataset: Dataset, variable: str) -> list[str]:
    """The code lists that the words of a variable name."""
    words = [each for _, word in dataset.statements(variable) for each in with_lines(word)]
    return list(dict.fromkeys(str(word.args["codelist"]) for word in words if word.word == "term"))


def _order(value: str) -> tuple[int, float, str]:
    try:
        return 0, float(value), value
    except ValueError:
        return 1, 0.0, value
