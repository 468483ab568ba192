"""The analyses of one display with their results: one for each row, and for each layer of its lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from clinical.where import Condition
from tlf.ars.catalogue import Catalogue, Entry
from tlf.ars.lines import Layer, layers_of
from tlf.ars.methods import conditions, method_of, needs_survival, operation_name
from tlf.ars.where import comparison, expression, words
from tlf.figures import KINDS
from tlf.people import SUBJECT
from tlf.results import HEADER
from tlf.rows import Row
from tlf.spec import Display

REASON = {"controlledTerm": "SPECIFIED IN SAP"}
PURPOSE = {"sponsorTermId": "PURPOSE.SEE_SAP"}
Record = dict[str, object]


@dataclass
class Analyses:
    """Makes the analyses of a display; `counts` holds the analysis and operation of a row's n, by part."""

    display: Display
    catalogue: Catalogue
    analysis_set: str = ""
    columns: Entry = field(default_factory=dict)
    counts: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def made(self, records: list[Record]) -> Iterator[Entry]:
        """Every analysis, in the order of the rows."""
        display = self.display
        self.analysis_set = self._analysis_set()
        self.columns = self._columns(dict.fromkeys(one["group"] for one in records))
        by_row: dict[str, list[Record]] = {}
        for one in records:
            by_row.setdefault(one["analysis"], []).append(one)
        for row in rows_of(display):
            yield from self._of_row(row, by_row.get(row.name, []))

    def _analysis_set(self) -> str:
        population = self.display.population
        asked = [population.where] if population.where else []
        stated = {"name": population.label, "label": words(asked) or "all subjects"}
        whole = expression(population.dataset, asked) or comparison(population.dataset, SUBJECT, "ne", ("",))
        return self.catalogue.analysis_set(self.display.name, {**stated, **whole})

    def _columns(self, seen: dict[str, None]) -> Entry:
        """The groups of subjects that are the columns; the total holds everybody of the analysis set."""
        columns, source = self.display.columns, self.display.population.dataset
        found = {
            one.label: comparison(source, columns.by, "in", one.values)
            for one in columns.levels
            if one.label in seen or one.label not in columns.when_used
        }
        for one in columns.groups:
            found[one.label] = expression(one.dataset or source, [one.where])
            if one.absent:
                inner = {"level": 2, "order": 1, **found[one.label]}
                found[one.label] = {"compoundExpression": {"logicalOperator": "NOT", "whereClauses": [inner]}}
        for label in filter(None, seen):
            if label != columns.total:
                found.setdefault(label, comparison(source, columns.by, "eq", (label,)))
        if columns.total:
            found[columns.total] = comparison(source, SUBJECT, "ne", ("",))
        stated = {
            "name": columns.by or "Columns",
            "label": "Columns",
            "groupingDataset": source,
            "dataDriven": False,
        }
        if columns.by:
            stated["groupingVariable"] = columns.by
        groups = [{"name": label, "label": label, **where} for label, where in found.items()]
        return self.catalogue.grouping(self.display.name, {**stated, "groups": groups})

    def _of_row(self, row: Row, records: list[Record]) -> Iterator[Entry]:
        parts = [""] if row.name == HEADER else list(self.display.columns.parts)
        split = len(parts) > 1 and any(
            _differ(self.display, one, parts) for one in self.display.rows.values()
        )
        parted = "" if split and not self.display.columns.conditions else self._parts(row)
        for some in [[part] for part in parts] if split else [parts]:
            name = f"{row.name}.{some[0]}" if len(some) < len(parts) else row.name
            own = [one for one in records if one["part"] in some]
            keys = dict.fromkeys((one["parent"], one["level"]) for one in own)
            for layer in layers_of(self.catalogue, f"{self.display.name}.{name}", row, keys):
                suffix = f"{name}.{layer.name}" if layer.name else name
                yield self._analysis(row, suffix, some, layer, parted, own)

    def _parts(self, row: Row) -> str:
        """The grouping of the parts of the columns, which divide records; none for a single part."""
        columns = self.display.columns
        if len(columns.parts) == 1 or row.name == HEADER:
            return ""
        groups = []
        for key, label in columns.parts.items():
            asked = columns.conditions.get(key)
            where = expression(row.dataset, [asked]) if asked else {}
            groups.append({"name": key, "label": label, **where})
        stated = {"name": "Parts of the columns", "groupingDataset": row.dataset, "dataDriven": False}
        return self.catalogue.grouping(f"{self.display.name}.parts", {**stated, "groups": groups})["id"]

    def _analysis(
        self, row: Row, name: str, parts: list[str], layer: Layer, parted: str, records: list[Record]
    ) -> Entry:
        id = f"{self.display.name}.{name}"
        own = [one for one in records if (one["parent"], one["level"]) in layer.keys]
        of = self.counts.get((row.of or HEADER, parts[0] if row.of else ""), ("", ""))
        method = self.catalogue.method(id, method_of(self.display, row, own, layer.by_operation, of[1]))
        for part in parts:
            self.counts[row.name, part] = (id, f"{method['id']}.n")
        of_all = own and not any(one["group"] for one in own)
        columns = [] if of_all else [self.columns["id"]]
        factors = [*columns, *([parted] if parted else []), *layer.groupings]
        made = {
            "id": id,
            "name": f"{self.display.name} {name}",
            "reason": REASON,
            "purpose": PURPOSE,
            "dataset": row.dataset,
            "variable": variable_of(self.display, row),
            "analysisSetId": self.analysis_set,
            "methodId": method["id"],
            "orderedGroupings": [
                {"order": order, "groupingId": one, "resultsByGroup": True}
                for order, one in enumerate(factors, start=1)
            ],
            "results": self._results(own, layer, parted, method),
        }
        if row.label:
            made["label"] = row.label
        referred = _referred(method, id, of[0])
        made |= {"referencedAnalysisOperations": referred} if referred else {}
        return made | self._subsets(row, name, parts[0])

    def _subsets(self, row: Row, name: str, part: str) -> Entry:
        """The records of an analysis, and the further conditions that its method names."""
        id, found = f"{self.display.name}.{name}", {}
        asked = filters_of(self.display, row, part)
        if asked:
            found["dataSubsetId"] = self._subset(id, row.dataset, asked)
        more = [
            {"name": word, "value": [self._subset(f"{id}.{word}", dataset, [one])]}
            for word, dataset, one in conditions(self.display, row, part)
        ]
        if more:
            found["programmingCode"] = {"context": "cdiscflow", "code": row.word, "parameters": more}
        return found

    def _subset(self, id: str, dataset: str, asked: list[Condition]) -> str:
        said = words(asked)
        return self.catalogue.data_subset(
            id, {"name": f"{dataset}: {said}", "label": said, **expression(dataset, asked)}
        )

    def _results(self, records: list[Record], layer: Layer, parted: str, method: Entry) -> list[Entry]:
        columns = {
            one["name"]: {"groupingId": self.columns["id"], "groupId": one["id"]}
            for one in self.columns["groups"]
        }
        parts = {
            key: {"groupingId": parted, "groupId": f"{parted}.{place}"}
            for place, key in enumerate(self.display.columns.parts, start=1)
        }
        groups: dict[tuple, list[Entry]] = {}
        made = []
        for one in records:
            key = (one["group"], one["part"], one["parent"], one["level"])
            if key not in groups:
                groups[key] = [
                    *([columns[key[0]]] if key[0] else []),
                    *([parts[key[1]]] if parted else []),
                    *layer.groups.get(key[2:], ()),
                ]
            name = operation_name(one["statistic"], one["level"], layer.by_operation)
            result = {"operationId": f"{method['id']}.{name}", "resultGroups": groups[key]}
            if one["value"] == one["value"]:
                result["rawValue"] = raw(one["value"], one["type"])
            result["formattedValue"] = one["text"]
            made.append(result)
        return made


def raw(value: float, kind: str) -> str:
    """A number as text: whole numbers without decimals, others in the fewest digits that give it back."""
    return repr(value) if kind == "decimal" else f"{value:.0f}"


def rows_of(display: Display) -> list[Row]:
    """The rows that have numbers; the word of a figure's row is `kind.word`."""
    if display.figure:
        kind = KINDS[display.figure.kind]
        return [replace(row, word=f"{kind.name}.{row.word}") for row in kind.rows(display)]
    header = Row(HEADER, "population", display.at, display.population.dataset, joins_records=False)
    rows = [row for row in display.rows.values() if row.word != "heading"]
    return [header, *rows] if rows else []


def variable_of(display: Display, row: Row) -> str:
    """What an analysis is about: the variable of the row, a time, or the subject itself."""
    if row.variables:
        return row.variables[0]
    return display.survival.time if needs_survival(display, row) else SUBJECT


def filters_of(display: Display, row: Row, part: str) -> list[Condition]:
    """What the records of a row satisfy, but for the condition of a part of the columns itself."""
    joined = display.filters if row.joins_records and display.records else ()
    return [one[part] for one in (*joined, *row.filters)]


def _differ(display: Display, row: Row, parts: list[str]) -> bool:
    """Whether a row reads other records in one part of the columns than in another."""
    asked = [(filters_of(display, row, part), [*conditions(display, row, part)]) for part in parts]
    return any(one != asked[0] for one in asked[1:])


def _referred(method: Entry, numerator: str, denominator: str) -> list[Entry]:
    return [
        {
            "referencedOperationRelationshipId": relation["id"],
            "analysisId": numerator
            if relation["referencedOperationRole"]["controlledTerm"] == "NUMERATOR"
            else denominator,
        }
        for operation in method["operations"]
        for relation in operation.get("referencedOperationRelationships", ())
    ]
