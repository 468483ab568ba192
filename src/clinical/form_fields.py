"""The fields of a raw form: types, columns in a delivered file, and what their specs may not say."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from clinical.errors import SpecError
from clinical.names import closest
from clinical.read import At, Mapping, Sequence, Text
from clinical.where import Condition, condition

TYPES = ("text", "number", "code", "date", "time", "datetime")
FIELD_KEYS = ("type", "label", "column", "codes", "required", "zone", "date", "time", "not_submitted", "note")
ZONES = ("offset", "UTC")
SYSTEM = (
    "project", "environment", "Subject", "SiteNumber", "Folder", "FolderName", "FolderSeq",
    "InstanceRepeatNumber", "PageRepeatNumber", "RecordPosition", "RecordId", "DataPageId", "RecordActive",
    "PageStatus", "MinCreated", "MaxUpdated",
)  # fmt: skip
MADE = ("USUBJID", "record", "participation")
RESERVED = {*SYSTEM, *MADE, "place"}


@dataclass(frozen=True, eq=False)
class Field:
    """One field of a form.

    `codes` are the codes with their text, `synonyms` other texts with their code (`{2: [CRi, incomplete]}`).
    Both are empty where any code is accepted. `date` and `time` name the fields that make a joined field.
    """

    name: str
    at: At
    type: str = "text"
    label: str = ""
    column: str = ""
    codes: dict[str, str] = field(default_factory=dict)
    synonyms: dict[str, str] = field(default_factory=dict)
    required: bool = False
    required_where: Condition | None = None
    zone: str = ""
    date: str = ""
    time: str = ""
    not_submitted: str = ""

    @property
    def joined(self) -> bool:
        """Whether the value is made from a date and a time field of the form."""
        return bool(self.date)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of a delivered file that can hold this field: one of them at least must be there."""
        if self.joined:
            return ()
        endings = {"code": ("", "_STD"), "date": ("", "_RAW", "_YYYY", "_MM", "_DD")}.get(self.type, ("",))
        return tuple(self.column + ending for ending in endings)

    @property
    def gives(self) -> tuple[str, ...]:
        """Columns of the raw frame."""
        return (self.name, f"{self.name}_STD") if self.type == "code" else (self.name,)


class Faults(list[SpecError]):
    """The refusals found so far; reading goes on, so that a person sees all of them at once."""

    def add(self, identity: str, at: object, owner: str, **values: object) -> None:
        """One more: `at: owner: sentence`."""
        self.append(SpecError(identity, f"{at}: {owner}", **values))

    def known(self, node: Mapping, keys: Iterable[str], owner: str, what: str) -> None:
        """Refuses the keys of `node` that are not among `keys`."""
        for key in node:
            if key not in keys:
                self.add("raw.key", node.line(key), owner, what=what, key=key, hint=hint(key, keys))


def hint(word: str, options: Iterable[str]) -> str:
    """`; did you mean first?`, or nothing."""
    near = closest(word, options)
    return f"; did you mean {near}?" if near else ""


def read_fields(node: Mapping, form: str, faults: Faults) -> dict[str, Field]:
    """The fields that `fields:` of a form states; what is wrong is added to `faults`."""
    fields = {}
    for name, given in node.items():
        owner = f"{form}.{name}"
        if name in RESERVED:
            faults.add("raw.field-system", node.line(name), owner, name=name)
        elif not isinstance(given, Mapping):
            faults.add("raw.field-shape", node.line(name), owner)
        else:
            fields[name] = _field(name, given, node.line(name), owner, faults)
    for one in fields.values():
        _check_joined(one, fields, f"{form}.{one.name}", faults)
    _check_columns_apart(fields, form, faults)
    return fields


def _field(name: str, node: Mapping, at: At, owner: str, faults: Faults) -> Field:
    faults.known(node, FIELD_KEYS, owner, "a field")
    kind = "datetime" if "date" in node or "time" in node else text_of(node, "type", owner, faults)
    if not kind and "type" not in node:
        faults.add("raw.needed", at, owner, key="type")
    elif kind and kind not in TYPES:
        faults.add("raw.type", node.line("type"), owner, type=kind, hint=hint(kind, TYPES))
    codes, synonyms = _codes(node, kind, owner, faults)
    required, required_where = _required(node, owner, faults)
    return Field(
        name=name,
        at=at,
        type=kind,
        label=text_of(node, "label", owner, faults),
        column=text_of(node, "column", owner, faults) or name,
        codes=codes,
        synonyms=synonyms,
        required=required,
        required_where=required_where,
        zone=_zone(node, kind, owner, faults),
        date=text_of(node, "date", owner, faults),
        time=text_of(node, "time", owner, faults),
        not_submitted=reason(node, owner, faults),
    )


def text_of(node: Mapping, key: str, owner: str, faults: Faults) -> str:
    """The text under `key`, empty where there is none."""
    given = node.get(key, "")
    if isinstance(given, str):
        return str(given)
    faults.add("raw.not-text", node.line(key), owner, key=key)
    return ""


def reason(node: Mapping, owner: str, faults: Faults) -> str:
    """The reason under `not_submitted`, which must say something."""
    given = text_of(node, "not_submitted", owner, faults).strip()
    if "not_submitted" in node and given.lower() in ("", "true", "yes"):
        faults.add("raw.reason", node.line("not_submitted"), owner)
    return given


def _zone(node: Mapping, kind: str, owner: str, faults: Faults) -> str:
    zone = text_of(node, "zone", owner, faults)
    if zone and zone not in ZONES:
        faults.add("raw.zone", node.line("zone"), owner, zone=zone)
    elif zone and kind != "datetime":
        faults.add("raw.key-type", node.line("zone"), owner, key="zone", needed="datetime", type=kind)
    return zone


def _required(node: Mapping, owner: str, faults: Faults) -> tuple[bool, Condition | None]:
    given = node.get("required", Text("false", node.at))
    if isinstance(given, Text):
        if given not in ("true", "false"):
            faults.add("raw.required", node.line("required"), owner, value=given)
        return given == "true", None
    try:
        return True, condition(given, owner)
    except SpecError as fault:
        faults.append(fault)
        return False, None


def _codes(node: Mapping, kind: str, owner: str, faults: Faults) -> tuple[dict[str, str], dict[str, str]]:
    """Code to text, and other text to code."""
    given, at = node.get("codes"), node.line("codes")
    if given is None:
        return {}, {}
    if kind != "code":
        faults.add("raw.key-type", at, owner, key="codes", needed="code", type=kind)
    if isinstance(given, Sequence) and given and all(isinstance(item, Text) for item in given):
        given = Mapping({str(item): item for item in given}, given.at)
    if not isinstance(given, Mapping) or not given:
        faults.add("raw.codes-shape", at, owner)
        return {}, {}
    codes, synonyms, seen = {}, {}, {}
    for code, texts in given.items():
        for number, text in enumerate([texts] if isinstance(texts, Text) else texts):
            if not isinstance(text, Text) or isinstance(texts, Mapping):
                faults.add("raw.codes-shape", given.line(code), owner)
                return {}, {}
            first = seen.setdefault(_plain(text), code)
            if first != code:
                faults.add("raw.code-twice", given.line(code), owner, text=text, first=first, second=code)
            if number:
                synonyms[str(text)] = str(code)
            else:
                codes[str(code)] = str(text)
    return codes, synonyms


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _check_joined(one: Field, fields: dict[str, Field], owner: str, faults: Faults) -> None:
    if not one.date and not one.time:
        return
    for key, kind, named in (("date", "date", one.date), ("time", "time", one.time)):
        if not named:
            faults.add("raw.needed", one.at, owner, key=key)
        elif named not in fields:
            faults.add("raw.no-field", one.at, owner, file=one.at.file, name=named, hint=hint(named, fields))
        elif fields[named].type not in (kind, ""):
            faults.add("raw.joined-type", one.at, owner, key=key, name=named, type=fields[named].type)


def _check_columns_apart(fields: dict[str, Field], form: str, faults: Faults) -> None:
    """Refuses two fields that would read or give the same column."""
    read: dict[str, str] = {}
    given: dict[str, str] = {}
    for one in fields.values():
        pairs = [*((read, column) for column in one.columns), *((given, column) for column in one.gives)]
        for owners, column in pairs:
            first = owners.setdefault(column, one.name)
            if first != one.name:
                faults.add("raw.column-shared", one.at, f"{form}.{one.name}", column=column, first=first)
                break
