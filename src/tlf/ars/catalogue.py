"""What several analyses share: analysis sets, data subsets, groupings and methods, each stated once.

The id of an entry is that of the display or row that first states it; what says the same takes the same id,
and a second content of one name (`.v2`) another.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

Entry = dict[str, object]


@dataclass
class Catalogue:
    """The entries of each kind in the order in which they are first stated."""

    analysisSets: list[Entry] = field(default_factory=list)
    dataSubsets: list[Entry] = field(default_factory=list)
    analysisGroupings: list[Entry] = field(default_factory=list)
    methods: list[Entry] = field(default_factory=list)
    _known: dict[str, Entry] = field(default_factory=dict)
    _ids: dict[str, int] = field(default_factory=dict)

    def analysis_set(self, id: str, content: Entry) -> str:
        """The id of an analysis set with this content."""
        return self._once(self.analysisSets, f"AS.{id}", content, _numbered)["id"]

    def data_subset(self, id: str, content: Entry) -> str:
        """The id of a data subset with this content."""
        return self._once(self.dataSubsets, f"DS.{id}", content, _numbered)["id"]

    def grouping(self, id: str, content: Entry) -> Entry:
        """The grouping with this content; its groups have ids."""
        return self._once(self.analysisGroupings, f"GF.{id}", content, _with_groups)

    def method(self, id: str, content: Entry) -> Entry:
        """The method with this content; its operations and their relationships have ids."""
        return self._once(self.methods, f"M.{id}", content, _with_operations)

    def _once(self, kind: list[Entry], id: str, content: Entry, made: Callable[[Entry, int], Entry]) -> Entry:
        said = id.split(".")[0] + json.dumps(content, sort_keys=True)
        if said not in self._known:
            times = self._ids[id] = self._ids.get(id, 0) + 1
            own = f"{id}.v{times}" if times > 1 else id
            self._known[said] = made({"id": own, **content}, len(kind) + 1)
            kind.append(self._known[said])
        return self._known[said]


def _numbered(entry: Entry, order: int) -> Entry:
    return {**entry, "level": 1, "order": order}


def _with_groups(entry: Entry, order: int) -> Entry:
    if "groups" not in entry:
        return entry
    groups = [
        {"id": f"{entry['id']}.{place}", "level": 1, "order": place, **group}
        for place, group in enumerate(entry["groups"], start=1)
    ]
    return {**entry, "groups": groups}


def _with_operations(entry: Entry, order: int) -> Entry:
    operations = []
    for place, given in enumerate(entry["operations"], start=1):
        id = f"{entry['id']}.{given['name']}"
        made = {"id": id, "order": place, **given}
        relations = [
            {
                "id": f"{id}.{role}",
                "referencedOperationRole": {"controlledTerm": role},
                "operationId": operation or f"{entry['id']}.n",
            }
            for role, operation in given.get("referencedOperationRelationships", ())
        ]
        if relations:
            made["referencedOperationRelationships"] = relations
        operations.append(made)
    return {**entry, "operations": operations}
