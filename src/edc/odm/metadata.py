"""What the MetaDataVersions of an ODM file say about forms, items, codes and units."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(eq=False)
class Version:
    """The definitions of one MetaDataVersion, by OID."""

    forms: dict[str, list[str]] = field(default_factory=dict)  # FormOID: ItemGroupOIDs
    groups: dict[str, list[str]] = field(default_factory=dict)  # ItemGroupOID: ItemOIDs
    lists: dict[str, str] = field(default_factory=dict)  # ItemOID: CodeListOID
    types: dict[str, str] = field(default_factory=dict)  # ItemOID: DataType
    measured: set[str] = field(default_factory=set)  # ItemOIDs with units
    decodes: dict[str, dict[str, str]] = field(default_factory=dict)  # CodeListOID: text by code
    folders: dict[str, str] = field(default_factory=dict)  # StudyEventOID: name
    order: dict[str, str] = field(default_factory=dict)  # StudyEventOID: order number

    def include(self, other: Version) -> None:
        """Takes what `other` defines and this one does not; a definition of this one replaces the whole."""
        for name in ("forms", "groups", "lists", "types", "decodes", "folders", "order"):
            mine, theirs = getattr(self, name), getattr(other, name)
            own = self.types if name == "lists" else mine
            mine.update({oid: what for oid, what in theirs.items() if oid not in own})
        self.measured |= other.measured - set(self.types)

    def items(self, form: str) -> list[str]:
        """The items of a form, in the order of its groups."""
        groups = self.forms.get(form, [])
        return list(dict.fromkeys(item for group in groups for item in self.groups.get(group, [])))


class Definitions:
    """All MetaDataVersions of a file, by StudyOID and OID, and the units, by OID."""

    def __init__(self) -> None:
        self.versions: dict[tuple[str, str], Version] = {}
        self.units: dict[str, str] = {}

    def begin(self, study: str, oid: str) -> Version:
        """A new version."""
        self.versions[study, oid] = found = Version()
        return found

    def forms(self) -> dict[str, list[str]]:
        """The items of each form over all versions, each once."""
        found: dict[str, dict[str, None]] = {}
        for version in self.versions.values():
            for form in version.forms:
                found.setdefault(form, {}).update(dict.fromkeys(version.items(form)))
        return {form: list(items) for form, items in found.items()}

    def coded(self) -> set[str]:
        """Items that have a code list in some version."""
        return {item for version in self.versions.values() for item in version.lists}

    def measured(self) -> set[str]:
        """Items that have units in some version."""
        return set().union(*(version.measured for version in self.versions.values()), set())
