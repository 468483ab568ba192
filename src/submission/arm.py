"""Analysis results metadata of a define.xml, from the reporting event (`tlf/ars.json`) of a run [F.5].

A where-clause of Define-XML knows only comparisons that all hold; what an analysis asks beyond them (any of
several, not) is in the words of its description, which are those of the display.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from clinical.read import Mapping as Node
from submission.define_model import Analysis, AnalysisDataset, Display, Page, RangeCheck, WhereClause

COMPARATORS = ("EQ", "NE", "LT", "LE", "GT", "GE", "IN", "NOTIN")
REASON, PURPOSE = "SPECIFIED IN SAP", "EXPLORATORY OUTCOME MEASURE"
COLUMNS, SEVERAL = "columns", "; or "
Check = tuple[str, str, tuple[str, ...]]


class Results:
    """The displays of one reporting event; `known` are the item OIDs that a document has.

    `pages` says where each display is printed, `programs` which leaf holds its specification, `purposes` what
    it is for, by its name or the start of it.
    """

    def __init__(
        self,
        event: Mapping,
        known: set[str],
        pages: Mapping[str, Page],
        programs: Mapping[str, str],
        purposes: Node,
    ):
        self.event, self.known, self.pages = event, known, pages
        self.programs, self.purposes = programs, purposes
        self.where: dict[tuple, WhereClause] = {}
        self._sets = {one["id"]: one for one in event["analysisSets"]}
        self._subsets = {one["id"]: one for one in event["dataSubsets"]}
        self._methods = {one["id"]: one for one in event["methods"]}
        self._analyses = {one["id"]: one for one in event["analyses"]}
        self._of = _contents(event["mainListOfContents"]["contentsList"])

    def displays(self) -> tuple[Display, ...]:
        """Every output that has analyses, in the order of the contents; one result for each row of it."""
        found = []
        for output in self.event["outputs"]:
            name = output["id"].removeprefix("OUT.")
            rows: dict[tuple[str, str, str], list[Mapping]] = {}
            for id in self._of.get(output["id"], []):
                one = self._analyses[id]
                row = id.removeprefix(f"{name}.").partition(".")[0]
                rows.setdefault((row, one["dataset"], one["analysisSetId"]), []).append(one)
            analyses = tuple(
                self._analysis(name, row, own) for (row, _, _), own in rows.items() if row != COLUMNS
            )
            analyses = tuple(one for one in analyses if one.datasets)
            if analyses:
                title = output["name"].removeprefix(name).strip()
                found.append(Display(f"RD.{name}", name, title, self.pages.get(name), analyses))
        return tuple(found)

    def _analysis(self, display: str, row: str, own: list[Mapping]) -> Analysis:
        one = own[0]
        methods = list(dict.fromkeys(self._methods[each["methodId"]]["label"] for each in own))
        told = dict.fromkeys(self._methods[each["methodId"]].get("description", "") for each in own)
        population = self._sets[one["analysisSetId"]]
        subsets = [self._subsets.get(each.get("dataSubsetId", ""), {}) for each in own]
        where = list(dict.fromkeys(each["label"] for each in subsets if each.get("label")))
        records = f"{one['dataset']}{f' where {SEVERAL.join(where)}' if where else ''}"
        about = f"Population: {population['name']} ({population['label']}). Records: {records}."
        return Analysis(
            oid=f"AR.{one['id']}",
            text=f"{display} {row}: {', '.join(methods)}",
            parameter=self._parameter(one["dataset"]),
            reason=REASON,
            purpose=self._purpose(display),
            datasets=tuple(self._datasets(own, population, subsets)),
            documentation=" ".join([about, *(f"{_sentence(text)}" for text in told if text)]),
            code=f"{display}, row {row}: {', '.join(dict.fromkeys(each['methodId'] for each in own))}",
            program=self.programs.get(display, ""),
        )

    def _purpose(self, display: str) -> str:
        named = [key for key in self.purposes if display.startswith(key)]
        return str(self.purposes[max(named, key=len)]) if named else PURPOSE

    def _parameter(self, dataset: str) -> str:
        oid = f"IT.{dataset}.PARAMCD"
        return oid if oid in self.known else ""

    def _datasets(
        self, own: list[Mapping], population: Mapping, subsets: list[Mapping]
    ) -> Iterator[AnalysisDataset]:
        """The dataset of the records and that of the population, once where they are one."""
        dataset = own[0]["dataset"]
        asked: dict[str, list[Check]] = {dataset: _all_of([list(_checks(one, dataset)) for one in subsets])}
        for name in dict.fromkeys(_named(population)):
            asked.setdefault(name, []).extend(_checks(population, name))
        for name, checks in asked.items():
            variables = [one["variable"] for one in own] if name == dataset else []
            variables += [variable for variable, _, _ in checks]
            items = [f"IT.{name}.{variable}" for variable in dict.fromkeys(variables)]
            items = tuple(item for item in items if item in self.known)
            if items:
                yield AnalysisDataset(f"IG.{name}", self._where_oid(name, checks), items)

    def _where_oid(self, dataset: str, checks: list[Check]) -> str:
        own = tuple(
            RangeCheck(f"IT.{dataset}.{variable}", comparator, values)
            for variable, comparator, values in dict.fromkeys(checks)
            if f"IT.{dataset}.{variable}" in self.known
        )
        if not own:
            return ""
        found = self.where.setdefault(own, WhereClause(f"WC.AR.{len(self.where) + 1}", own))
        return found.oid


def _all_of(cases: list[list[Check]]) -> list[Check]:
    """What holds of the records of all cases together: of a variable that each compares, all values."""
    found: list[Check] = []
    for variable, comparator, _ in cases[0]:
        every = [[one for one in case if one[0] == variable] for case in cases]
        alike = all(len(one) == 1 and one[0][1] in ("EQ", "IN") for one in every)
        if len(cases) == 1 or len({tuple(one) for one in every}) == 1:
            found += [one for one in every[0] if one not in found and one[1] == comparator]
        elif alike:
            values = tuple(dict.fromkeys(value for one in every for value in one[0][2]))
            found.append((variable, "IN" if len(values) > 1 else "EQ", values))
    return list(dict.fromkeys(found))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _contents(node: Mapping) -> dict[str, list[str]]:
    """The analyses of each output, in order."""
    found: dict[str, list[str]] = {}
    for item in node["listItems"]:
        inner = item.get("sublist", {}).get("listItems", [])
        if "outputId" in item:
            found[item["outputId"]] = [one["analysisId"] for one in inner if "analysisId" in one]
        elif inner:
            found |= _contents(item["sublist"])
    return found


def _leaves(node: Mapping) -> Iterator[Mapping]:
    """The comparisons that all must hold."""
    if "condition" in node:
        yield node["condition"]
    elif node.get("compoundExpression", {}).get("logicalOperator") == "AND":
        for one in node["compoundExpression"]["whereClauses"]:
            yield from _leaves(one)


def _named(node: Mapping) -> Iterator[str]:
    yield from (one["dataset"] for one in _leaves(node))


def _checks(node: Mapping, dataset: str) -> Iterator[Check]:
    for one in _leaves(node):
        plain = all(value and not value.startswith("{") for value in one["value"])
        if one["dataset"] == dataset and one["comparator"] in COMPARATORS and one["value"] and plain:
            yield one["variable"], one["comparator"], tuple(one["value"])
