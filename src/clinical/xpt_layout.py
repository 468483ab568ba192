"""Records and limits of SAS transport files, version 5: names, labels, formats, lengths, headers.

The limits are stated here and nowhere else; the spec reader and define.xml ask `check_name`, `check_label`
and `check_format`.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from clinical.errors import ClinicalError, DerivationError

RECORD = 80
NAME_BYTES = 8
LABEL_BYTES = 40
TEXT_BYTES = 200
VARIABLES = 9999
SYSTEM = (
    "6.06",
    "bsd4.2",
)  # SAS version and system of the example in TS-140: fixed, because bytes must reproduce

NAMESTR = struct.Struct(">hhhh8s40s8shhh2s8shhl52x")
LIBRARY, LIBRARY_8 = "LIBRARY ", "LIBV8   "
MEMBER, DESCRIPTOR, NAMES, OBSERVATIONS = "MEMBER  ", "DSCRPTR ", "NAMESTR ", "OBS     "

DATE_FORMATS = frozenset({"DATE", "YYMMDD", "MMDDYY", "DDMMYY", "E8601DA", "B8601DA", "IS8601DA"})
DATETIME_FORMATS = frozenset({"DATETIME", "E8601DT", "B8601DT", "IS8601DT"})
TIME_FORMATS = frozenset({"TIME", "HHMM", "E8601TM", "B8601TM", "IS8601TM"})
NUMBER_FORMATS = frozenset({"", "F", "BEST", "COMMA", "E", "PERCENT", "Z"})
FORMATS = {
    "Num": NUMBER_FORMATS | DATE_FORMATS | DATETIME_FORMATS | TIME_FORMATS,
    "Char": frozenset({"$", "$CHAR"}),
}
WIDEST = {"Num": 32, "Char": TEXT_BYTES}

_NAME = re.compile(rf"[A-Z][A-Z0-9_]{{0,{NAME_BYTES - 1}}}")
_FORMAT = re.compile(r"(\$?(?:[A-Z][A-Z0-9]*)?(?<![0-9]))([0-9]{0,3})\.([0-9]{0,2})")
_NOT_PRINTABLE = re.compile(r"[^ -~]")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True)
class Variable:
    """One variable of a transport file; `length` None is the longest value in bytes, at least 1 (Num: 8)."""

    name: str
    label: str
    type: str
    length: int | None = None
    format: str = ""


def check_name(name: str, at: object = "", error: type[ClinicalError] = DerivationError) -> None:
    """Raises `error` if the name of a dataset or variable is none that transport files know [F-XPT]."""
    if not _NAME.fullmatch(name):
        raise error("xpt.name", at, name=name, limit=NAME_BYTES)


def check_label(label: str, at: object = "", error: type[ClinicalError] = DerivationError) -> None:
    """Raises `error` if a label is too long or not printable ASCII [F-XPT]."""
    if strange := characters_not_printable([label]):
        raise error("xpt.label-characters", at, characters=strange)
    if len(label) > LABEL_BYTES:
        raise error("xpt.label-length", at, length=len(label), limit=LABEL_BYTES)


def check_format(
    format: str, type: str, at: object = "", error: type[ClinicalError] = DerivationError
) -> None:
    """Raises `error` if a SAS format is not on the list for variables of `type`."""
    if not format:
        return
    name, width, decimals = split_format(format) or ("?", 0, 0)
    needs_width = name == "" or decimals > 0
    fits = width <= WIDEST[type] and (width > decimals or not needs_width) and (type == "Num" or not decimals)
    if name not in FORMATS[type] or not fits:
        raise error("xpt.format", at, format=format, type=type)


def split_format(format: str) -> tuple[str, int, int] | None:
    """Name, width and decimals of a SAS format such as `DATETIME20.` or `8.2`; None if it is none."""
    found = _FORMAT.fullmatch(format)
    return (found[1], int(found[2] or 0), int(found[3] or 0)) if found else None


def format_name(format: str) -> str:
    """The format without its width: `DATE` for `DATE9.`."""
    parts = split_format(format)
    return parts[0] if parts else format


def characters_not_printable(texts: Sequence[str]) -> str:
    """The first five different characters that are not printable ASCII, as code points: `U+00B5, U+2264`."""
    strange = dict.fromkeys(sign for text in texts for sign in _NOT_PRINTABLE.findall(text))
    return ", ".join(f"U+{ord(sign):04X}" for sign in list(strange)[:5])


def check_variable(variable: Variable, at: object) -> None:
    """Raises DerivationError if a variable's type, label, format or length is not one of a transport file."""
    if variable.type not in FORMATS:
        raise DerivationError("xpt.type", at, type=variable.type)
    check_label(variable.label, at)
    check_format(variable.format, variable.type, at)
    allowed = range(1, TEXT_BYTES + 1) if variable.type == "Char" else (8,)
    if variable.length is not None and variable.length not in allowed:
        raise DerivationError("xpt.length", at, length=variable.length, type=variable.type, limit=TEXT_BYTES)


def stamp(moment: datetime) -> str:
    """`ddMMMyy:hh:mm:ss`, the month in capitals whatever the locale; UTC if the moment has a zone."""
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    return f"{moment:%d}{_MONTHS[moment.month - 1]}{moment:%y:%H:%M:%S}"


def header(
    name: str, label: str, variables: Sequence[Variable], created: datetime, system: tuple[str, str]
) -> bytes:
    """All records before the first observation. Every variable has its length."""
    version, host = system
    when = stamp(created)
    records = [
        record(LIBRARY),
        f"{'SAS':8}{'SAS':8}{'SASLIB':8}{version:8}{host:8}{'':24}{when}",
        f"{when:80}",
        record(MEMBER, "0" * 17 + "1600000000140"),
        record(DESCRIPTOR),
        f"{'SAS':8}{name:8}{'SASDATA':8}{version:8}{host:8}{'':24}{when}",
        f"{when}{'':16}{label:40}{'':8}",
        record(NAMES, f"000000{len(variables):04d}".ljust(30, "0")),
    ]
    names = b"".join(_namestrs(variables))
    return "".join(records).encode("ascii") + pad(names) + record(OBSERVATIONS).encode("ascii")


def record(kind: str, counts: str = "0" * 30) -> str:
    """One of the 80-byte records that announce what follows."""
    return f"HEADER RECORD*******{kind}HEADER RECORD!!!!!!!{counts}  "


def pad(data: bytes) -> bytes:
    """`data` with blanks up to the next multiple of 80 bytes."""
    return data + b" " * (-len(data) % RECORD)


def _namestrs(variables: Sequence[Variable]) -> list[bytes]:
    entries, position = [], 0
    for number, variable in enumerate(variables, start=1):
        kind = 1 if variable.type == "Num" else 2
        name, width, decimals = split_format(variable.format) or ("", 0, 0)
        texts = (variable.name.ljust(8), variable.label.ljust(40), name.ljust(8))
        entries.append(
            NAMESTR.pack(
                kind, 0, variable.length, number, *(text.encode("ascii") for text in texts),
                width, decimals, 0, b"\0\0", b" " * 8, 0, 0, position,
            )
        )  # fmt: skip
        position += variable.length
    return entries
