"""A second reader of an ARS file: every number again from the JSON and the transport files alone.

It shares no code with the product, imports nothing of `src/` and knows only what the file says: records are
plain dicts, conditions are evaluated naively (a missing value is the empty text and satisfies `NE` and `LT`),
survival is in exact fractions. Each method is one function in `ars_methods.METHODS`: it gets a `Case` and
gives a number and a mark for each operation; another word of the displays needs another function, no more.
Those of figures are in `ars_figures.FIGURES`: they give all lines of a cell, so that one that is not in the
file is told too.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache, partial

from tests.tlf.ars_figures import FIGURES, OF_SUBJECTS
from tests.tlf.ars_methods import ALONE, METHODS, Case, Found, Record

EPOCH = datetime.date(1960, 1, 1)
COMPARE: dict[str, Callable[[object, object], bool]] = {
    "EQ": lambda a, b: a == b, "NE": lambda a, b: a != b, "LT": lambda a, b: a < b,
    "LE": lambda a, b: a <= b, "GT": lambda a, b: a > b, "GE": lambda a, b: a >= b,
}  # fmt: skip
OTHERS, WHO, SUBJECT = "others.", "who.where", "USUBJID"


def holds(where: Record, record: Record) -> bool:
    """Whether a record satisfies a condition or compound expression; one without either is for everybody."""
    if "condition" in where:
        return _condition(where["condition"], record)
    if "compoundExpression" not in where:
        return True
    whole = where["compoundExpression"]
    parts = (holds(clause, record) for clause in whole["whereClauses"])
    return {"AND": all, "OR": any, "NOT": lambda found: not next(iter(found))}[whole["logicalOperator"]](
        parts
    )


def _condition(stated: Record, record: Record) -> bool:
    left = record[stated["variable"]]
    values = [_right(text, left, record) for text in stated["value"]]
    if stated["comparator"] == "IN":
        return left in values
    if stated["comparator"] == "NOTIN":
        return left not in values
    (right,) = values
    if stated["comparator"] in ("EQ", "NE"):
        return COMPARE[stated["comparator"]](left, right)
    low = -math.inf  # a missing value is less than every other, as in SAS
    return COMPARE[stated["comparator"]](low if left == "" else left, low if right == "" else right)


def _right(text: str, left: object, record: Record) -> object:
    if text.startswith("{"):
        return record[text.strip("{}").split(".")[1]]
    if text == "" or (isinstance(left, str) and left != ""):
        return text
    return _as_number(text)


@cache
def _as_number(text: str) -> object:
    """A number, or a date as SAS has it."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return float((datetime.date.fromisoformat(text) - EPOCH).days)
    except ValueError:
        return text


def rounded(value: float, decimals: int) -> str:
    """Half away from zero on the decimal number of 12 significant digits; no negative zero."""
    exact = Decimal(repr(float(value)))
    digits = max(12, exact.adjusted() + decimals + 3)
    meant = Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal(exact)
    shown = meant.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return format(abs(shown) if shown == 0 else shown, "f")


def significant(value: float, digits: int) -> str:
    """With so many significant digits, half away from zero; 0 is `0`."""
    if value == 0:
        return "0"
    meant = Context(prec=12, rounding=ROUND_HALF_UP).create_decimal(Decimal(repr(float(value))))
    short = Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal(meant)
    return rounded(float(short), max(digits - 1 - short.adjusted(), 0))


class Reader:
    """Recomputes the results of a ReportingEvent."""

    def __init__(self, event: Record, load: Callable[[str], list[Record]]):
        self.event, self.load = event, load
        kinds = ("analysisSets", "dataSubsets", "analysisGroupings", "methods", "analyses")
        self.known = {one["id"]: one for kind in kinds for one in event[kind]}
        self.groups = {
            group["id"]: group for one in event["analysisGroupings"] for group in one.get("groups", ())
        }
        self._subjects: dict[str, set[str]] = {}
        self._kept: dict[tuple, list[Record]] = {}
        self._cases: dict[tuple, dict] = {}
        self._memory: dict[tuple, dict] = {}
        self._shown: dict[str, dict[str, list[Record]]] = {}
        self._own: dict[tuple[str, str], dict[str, list[Record]]] = {}
        self.known[SUBJECT] = {"groupingVariable": SUBJECT}

    def differences(self) -> list[str]:
        """What is not what the data give: results, those nothing here computes, lines of figures left out."""
        every = self.event["analyses"]
        return [said for one in every for said in (*self._of(one), *self._left_out(one))]

    def _of(self, analysis: Record) -> list[str]:
        method = self.known[analysis["methodId"]]
        patterns = {one["id"]: one.get("resultPattern", "") for one in method["operations"]}
        said = []
        for result in analysis["results"]:
            name = result["operationId"].removeprefix(f"{method['id']}.")
            found = self.cell(analysis, result["resultGroups"])
            groups = [one.get("groupId") or one.get("groupValue") for one in result["resultGroups"]]
            where = f"{analysis['id']} {name} {groups}"
            if name not in found:
                said.append(f"{where}: nothing computes it")
            elif wrong := _differs(result, *found[name], name, patterns[result["operationId"]]):
                said.append(f"{where}: {wrong}")
        return said

    def cell(self, analysis: Record, groups: list[Record]) -> Found:
        """All operations of a method for one cell."""
        method = self.known[analysis["methodId"]]
        if method["name"] in FIGURES:
            place = "".join(one["groupValue"] for one in groups if not self._filters(one))
            return self.lines(analysis, [one for one in groups if self._filters(one)]).get(place, {})
        key = (analysis["id"], *(tuple(one.values()) for one in groups))
        if key not in self._cases:
            compute = METHODS.get(method["name"])
            self._cases[key] = compute(self._case(analysis, method, groups)) if compute else {}
        return self._cases[key]

    def lines(self, analysis: Record, groups: list[Record]) -> dict[str, Found]:
        """All lines of one cell of a figure by their places; `` for the only one."""
        key = (analysis["id"], *(one.get("groupId") or one["groupValue"] for one in groups))
        if key not in self._cases:
            method = self.known[analysis["methodId"]]
            case = self._case(analysis, method, groups)
            strange = case.subject and case.subject not in case.people
            self._cases[key] = {} if strange else FIGURES[method["name"]](case)
        return self._cases[key]

    def _filters(self, group: Record) -> bool:
        """Whether a group says which records it has; one of a grouping without a variable is a place."""
        return "groupId" in group or "groupingVariable" in self.known[group["groupingId"]]

    def _left_out(self, analysis: Record) -> list[str]:
        """Lines of a figure that the data give and the file has not."""
        method, display = self.known[analysis["methodId"]]["name"], analysis["name"].split()[0]
        if method not in FIGURES or method == "profiles.summary":
            return []
        seen = {(*self._keys(one), self._place(one)) for one in analysis["results"]}
        factors = [self.known[one["groupingId"]] for one in analysis["orderedGroupings"]]
        columns = self._columns(display) if any("groups" in one for one in factors) else [[]]
        said = []
        for column in columns:
            people = sorted(self._people(analysis, column)) if method in OF_SUBJECTS else [""]
            for one in people:
                groups = [*column, *([{"groupingId": SUBJECT, "groupValue": one}] if one else [])]
                key = tuple(group.get("groupId") or group["groupValue"] for group in groups)
                absent = [place for place in self.lines(analysis, groups) if (*key, place) not in seen]
                said += [f"{analysis['id']} {key} {place}: is not in the file" for place in absent]
        return said

    def _keys(self, result: Record) -> tuple[str, ...]:
        groups = result["resultGroups"]
        return tuple(one.get("groupId") or one["groupValue"] for one in groups if self._filters(one))

    def _place(self, result: Record) -> str:
        return "".join(one["groupValue"] for one in result["resultGroups"] if not self._filters(one))

    def _columns(self, display: str) -> list[list[Record]]:
        """The columns of which the display has results, each as the groups of a cell."""
        if not self._shown:
            for one in self.event["analyses"]:
                found = self._shown.setdefault(one["name"].split()[0], {})
                for group in (group for result in one["results"] for group in result["resultGroups"][:1]):
                    if "groupId" in group:
                        found[group["groupId"]] = [group]
        return list(self._shown[display].values())

    def _case(self, analysis: Record, method: Record, groups: list[Record]) -> Case:
        given = {one["name"]: one["value"] for one in method["codeTemplate"].get("parameters", ())}
        own = self._named(analysis)
        column = [one for one in groups[:1] if "groupId" in one]
        placed = [
            self.groups.get(one.get("groupId"), {"name": one.get("groupValue")})
            for one in groups[len(column) :]
        ]
        subjects = [one["groupValue"] for one in groups if self._variable(one) == SUBJECT]
        alone, figure = method["name"] in ALONE, "." in method["name"]
        return Case(
            records=self._records(analysis, column if alone else groups, given, own),
            variable=analysis["variable"],
            of=self._denominators(analysis, method, groups),
            arguments=given,
            where={name: partial(holds, self.known[id]) for name, id in own.items()},
            groups=placed,
            people=self._people(analysis, column) if alone or figure else set(),
            memory=self._memory.setdefault((analysis["id"], column[0]["groupId"]) if alone else (), {}),
            counts=self._counts(analysis, given["events"][0], groups) if "events" in given else {},
            place="".join(one["groupValue"] for one in groups if not self._filters(one)),
            subject="".join(subjects),
            of_subject=lambda dataset: self._of_subject(dataset, "", subjects[0]),
            other=partial(self._other, analysis, column),
        )

    def _other(
        self, analysis: Record, column: list[Record], name: str, subject: str = ""
    ) -> dict[str, Found]:
        other = self.known[f"{analysis['name'].split()[0]}.{name}"]
        groups = [{"groupingId": SUBJECT, "groupValue": subject}] if subject else []
        return self.lines(other, [*column, *groups])

    def _variable(self, group: Record) -> str:
        return self.known[group["groupingId"]].get("groupingVariable", "") if "groupValue" in group else ""

    def _counts(self, analysis: Record, row: str, groups: list[Record]) -> Record:
        """n of a row above in the same display, and N of the column."""
        display = analysis["name"].split()[0]
        names = {"n": f"{display}.{row}", "N": f"{display}.columns"}
        return {name: self.cell(self.known[id], groups)["n"][0] for name, id in names.items()}

    def _named(self, analysis: Record) -> dict[str, str]:
        given = analysis.get("programmingCode", {}).get("parameters", ())
        return {one["name"]: one["value"][0] for one in given}

    def _people(self, analysis: Record, column: list[Record]) -> set[str]:
        """Who is in a column; without one, who is in any column of the display."""
        columns = [column] if column else self._columns(analysis["name"].split()[0])
        who = [self._who(id, self.groups[id]) for id in (one[0]["groupId"] for one in columns)]
        return self._set(analysis["analysisSetId"]) & set().union(*who)

    def _records(
        self, analysis: Record, groups: list[Record], given: dict[str, list[str]], own: dict[str, str]
    ) -> list[Record]:
        """The records of a cell: of its subjects, of the data subset, of every further group.

        With `worst` a subject has the records of its highest value alone, after the lines by values in the
        data and before the groups that the file states; with `event` one record for each value of it.
        """
        column = groups[0].get("groupId", "") if groups else ""
        subjects = [one["groupValue"] for one in groups if self._variable(one) == SUBJECT]
        found = self._of_column(analysis, column)
        if subjects:
            found = self._of_subject(analysis["dataset"], analysis.get("dataSubsetId", ""), subjects[0])
        for name, id in own.items():
            if name.startswith(OTHERS) or name == WHO:
                wanted = given.get(name.replace(".where", ".wanted"), ["true"]) == ["true"]
                has = self._who(id, self.known[id])
                found = [one for one in found if (one["USUBJID"] in has) == wanted]
        in_data = [group for group in groups if "groupValue" in group]
        found = [one for one in found if all(self._in_group(group, one) for group in in_data)]
        if "worst" in given:
            found = _worst(found, given["worst"][0])
        stated = [group for group in groups[1:] if "groupId" in group]
        found = [one for one in found if all(self._in_group(group, one) for group in stated)]
        return _once(found, given["event"][0]) if "event" in given else found

    def _of_column(self, analysis: Record, column: str) -> list[Record]:
        key = (analysis["dataset"], analysis.get("dataSubsetId", ""), analysis["analysisSetId"], column)
        if key not in self._kept:
            who = self._people(analysis, [{"groupId": column}] if column else [])
            self._kept[key] = [one for one in self._of_subset(*key[:2]) if one["USUBJID"] in who]
        return self._kept[key]

    def _of_subset(self, dataset: str, subset: str) -> list[Record]:
        if (dataset, subset) not in self._kept:
            where = self.known[subset] if subset else {}
            self._kept[dataset, subset] = [one for one in self.load(dataset) if holds(where, one)]
        return self._kept[dataset, subset]

    def _of_subject(self, dataset: str, subset: str, subject: str) -> list[Record]:
        if (dataset, subset) not in self._own:
            own = self._own[dataset, subset] = {}
            for one in self._of_subset(dataset, subset):
                own.setdefault(one["USUBJID"], []).append(one)
        return self._own[dataset, subset].get(subject, [])

    def _in_group(self, group: Record, record: Record) -> bool:
        if "groupId" in group:
            return holds(self.groups[group["groupId"]], record)
        if not self._filters(group):
            return True
        value = record[self.known[group["groupingId"]]["groupingVariable"]]
        return value == _right(group["groupValue"], value, record)

    def _set(self, id: str) -> set[str]:
        return self._who(id, self.known[id])

    def _who(self, id: str, where: Record) -> set[str]:
        """Subjects of whom a record satisfies what is asked; of several datasets, a record of each."""
        if id not in self._subjects:
            self._subjects[id] = self._satisfy(where)
        return self._subjects[id]

    def _satisfy(self, where: Record) -> set[str]:
        datasets = _datasets_of(where)
        negated = where.get("compoundExpression", {}).get("logicalOperator") == "NOT"
        if len(datasets) == 1 and not negated:
            records = self.load(next(iter(datasets)))
            return {record["USUBJID"] for record in records if holds(where, record)}
        whole = where["compoundExpression"]
        parts = [self._satisfy(clause) for clause in whole["whereClauses"]]
        if whole["logicalOperator"] == "NOT":
            return {one for name in self.event["analysisSets"] for one in self._set(name["id"])} - parts[0]
        return set.union(*parts) if whole["logicalOperator"] == "OR" else set.intersection(*parts)

    def _denominators(
        self, analysis: Record, method: Record, groups: list[Record]
    ) -> dict[str, float | None]:
        """By operation the number that its percentage is of: n of the analysis named, in the same groups."""
        referred = {
            one["referencedOperationRelationshipId"]: one["analysisId"]
            for one in analysis.get("referencedAnalysisOperations", ())
        }
        found = {}
        for operation in method["operations"]:
            for relation in operation.get("referencedOperationRelationships", ()):
                if relation["referencedOperationRole"]["controlledTerm"] == "DENOMINATOR":
                    other = self.known[referred[relation["id"]]]
                    factors = [one["groupingId"] for one in other["orderedGroupings"]]
                    same = [group for group in groups if group["groupingId"] in factors]
                    name = operation["id"].removeprefix(f"{method['id']}.")
                    found[name] = self.cell(other, same)["n"][0]
        return found


def _worst(records: list[Record], variable: str) -> list[Record]:
    highest: dict[str, object] = {}
    for one in records:
        value = one[variable]
        before = highest.setdefault(one["USUBJID"], value)
        if value != "" and (before == "" or value > before):
            highest[one["USUBJID"]] = value
    return [one for one in records if one[variable] == highest[one["USUBJID"]]]


def _once(records: list[Record], event: str) -> list[Record]:
    seen = {(one["USUBJID"], one[event]): one for one in reversed(records) if one[event] != ""}
    return [one for one in records if one[event] == "" or seen[one["USUBJID"], one[event]] is one]


def _datasets_of(where: Record) -> set[str]:
    if "condition" in where:
        return {where["condition"]["dataset"]}
    return {name for clause in where["compoundExpression"]["whereClauses"] for name in _datasets_of(clause)}


def _differs(result: Record, value: object, mark: str, name: str, pattern: str) -> str:
    """What is wrong with a result; `mark` stands for a number that does not exist, or is a mark's text."""
    raw = result.get("rawValue")
    if value is None or raw is None:
        if raw is not None or value is not None or result["formattedValue"] != mark:
            return f"has {raw} {result['formattedValue']!r}, not {value} {mark!r}"
        return ""
    if abs(float(raw) - float(value)) > 1e-9 * max(1.0, abs(float(value))):
        return f"has {raw}, not {value}"
    shown = mark
    if pattern.endswith("digits"):
        shown = significant(float(raw), int(pattern.split()[0]))
    elif pattern:
        whole = name == "p" and value == 100
        shown = rounded(float(raw), 0 if whole else len(pattern.partition(".")[2]))
    return "" if shown == result["formattedValue"] else f"shows {result['formattedValue']!r}, not {shown!r}"
