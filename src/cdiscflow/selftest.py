"""The conformance cases of the spec language, run from the installed package: `cdiscflow selftest`.

A case is a tiny study, its raw records drawn as tables, and exactly what must come of them. The files are in
`cdiscflow/language`, one a word or topic: `given` is what the cases of a file share, and a case says the
rest.

    files     spec files by path: study.yml, raw/VS.yml, sdtm/vs.yml, ct/sex.csv, library/sdtm/vs.yml
    forms     short for raw forms: {VS: {VSDAT: date, RES: text}}; `per: subject` among them as in a raw form
    lines     what stands in place of `$lines` in a file
    programs  functions of `cdiscflow.language_programs` that stand for those a study would have
    input     the raw records of each form; USUBJID is needed, `record` and `participation` may be left out
    cut       the day of the data cut
    gives     datasets by name, their records in order; a column that is not drawn is STUDYID, DOMAIN, --SEQ
    or empty findings  every finding, in the drawn columns, in any order account   every record set aside, in
    the drawn columns refused   every refusal, word for word; `stopped` the reason why a dataset stopped
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from cdiscflow import language_programs
from clinical.check import Plan, check_study
from clinical.derive import Derived, derive
from clinical.errors import SpecError, SpecErrors
from clinical.frames import as_text
from clinical.output import Output
from clinical.read import Mapping, Sequence, Text, read_yaml
from clinical.study import load_study

FOLDER = Path(__file__).parent / "language"
KEYS = ("files", "forms", "lines", "programs", "input", "cut", "gives", "findings", "account", "refused",
        "stopped")  # fmt: skip
SHARED = ("files", "forms", "programs", "input")
NOT_DRAWN = ("STUDYID", "DOMAIN")
KINDS = {
    "Char": pd.api.types.is_string_dtype,
    "Num": pd.api.types.is_float_dtype,
    "Date": pd.api.types.is_datetime64_any_dtype,
    "Datetime": pd.api.types.is_datetime64_any_dtype,
}


@dataclass(frozen=True, eq=False)
class Case:
    """One case: the file it is in, the sentence that names it, and what it says."""

    topic: str
    name: str
    at: str
    says: dict

    def __str__(self) -> str:
        return f"{self.topic}: {self.name}"

    @property
    def rejects(self) -> bool:
        """Whether the case shows something that must not be accepted."""
        return bool(self.says.get("refused") or self.says.get("stopped"))

    @property
    def files(self) -> dict[str, str]:
        """Every file of the case's study by path, forms written out and `$lines` filled in."""
        forms = {f"raw/{name}.yml": _form(name, fields) for name, fields in self.says["forms"].items()}
        files = {"study.yml": "study: TOY\n", **self.says["files"], **forms}
        lines = str(self.says.get("lines", ""))
        return {name: _with_lines(str(text), lines) for name, text in files.items() if text}


def refusals_of(case: Case) -> list[str]:
    """Every refusal that a case expects, word for word."""
    return _texts(case.says.get("refused", ""))


def run_cases(say: Callable[[str], object]) -> tuple[int, int]:
    """How many cases passed and how many failed; `say` hears of each that failed, and why."""
    failed = 0
    with workplace() as root:
        for case in cases():
            fault = run_case(case, root)
            if fault:
                failed += 1
                say(f"{case.at}: {case}\n{fault}")
    return len(cases()) - failed, failed


@cache
def cases() -> tuple[Case, ...]:
    """Every case of every file, in the order of the files' names.

    Raises: ValueError for a key that a case does not have.
    """
    found = []
    for path in sorted(FOLDER.glob("*.yml")):
        node = read_yaml(path, FOLDER)
        given = node.get("given", Mapping())
        for name, own in node["cases"].items():
            unknown = [key for key in (*given, *own) if key not in KEYS]
            if unknown:
                raise ValueError(f"{node['cases'].line(name)}: a case has no {', '.join(unknown)}")
            says = {**given, **own, **{key: {**given.get(key, {}), **own.get(key, {})} for key in SHARED}}
            found.append(Case(path.stem, name, str(node["cases"].line(name)), says))
    return tuple(found)


@contextmanager
def workplace() -> Iterator[Path]:
    """A temporary folder with the small library that the cases read."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copytree(FOLDER / "library", root / "mappings" / "library")
        yield root


def run_case(case: Case, root: Path) -> str:
    """What is wrong with the case: empty if all is as it says."""
    written = _write(case.files, root / "mappings")
    try:
        return _compare(case.says, root / "mappings" / "toy")
    finally:
        shutil.rmtree(root / "mappings" / "toy")
        for path in written:
            path.unlink(missing_ok=True)


def _write(files: dict[str, str], mappings: Path) -> list[Path]:
    """Writes the study's files; those outside of its folder are returned."""
    outside = []
    for name, text in files.items():
        shared = name.split("/")[0] in ("library", "area")
        path = (mappings if shared else mappings / "toy") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        outside += [path] if shared else []
    return outside


def _with_lines(text: str, lines: str) -> str:
    """`$lines` replaced, each line indented as far."""
    before, found, after = text.partition("$lines")
    if not found:
        return text
    indent = " " * (len(before) - before.rfind("\n") - 1)
    return before + f"\n{indent}".join(lines.rstrip("\n").split("\n")) + after


def _form(name: str, fields: Mapping) -> str:
    lines = [f"form: {name}", f"read: {{csv: {name}.csv}}", "not_submitted: a case reads what it needs"]
    lines += [f"per: {fields['per']}"] if "per" in fields else []
    stated = [f"  {field}: {_field(value)}" for field, value in fields.items() if field != "per"]
    return "\n".join([*lines, "fields:", *stated])


def _field(value: Text | Mapping) -> str:
    given = {"type": value} if isinstance(value, Text) else value
    return "{" + ", ".join(f"{key}: {text}" for key, text in given.items()) + "}"


def _compare(says: dict, folder: Path) -> str:
    wanted = _texts(says.get("refused", ""))
    try:
        plan = _plan(says, folder)
    except SpecErrors as faults:
        return _difference("refused", wanted, [str(each) for each in faults.errors])
    except SpecError as fault:
        return _difference("refused", wanted, [str(fault)])
    if wanted:
        return _difference("refused", wanted, [])
    raw = {name: _raw_frame(name, text) for name, text in says["input"].items()}
    return _compare_derived(says, derive(plan, raw, str(says.get("cut", ""))))


def _plan(says: dict, folder: Path) -> Plan:
    study = load_study(folder, folder.parent / "library")
    study.programs = {path: getattr(language_programs, name) for path, name in says["programs"].items()}
    return check_study(study)


def _compare_derived(says: dict, found: Derived) -> str:
    faults = [_difference("stopped", *(sorted(map(str, each.items())) for each in (
        says.get("stopped", {}), found.stopped)))]  # fmt: skip
    for name, text in says.get("gives", {}).items():
        faults.append(_dataset(name, text, found.outputs.get(name)))
    faults.append(_records("findings", says.get("findings", ""), found.findings))
    aside = found.account[found.account["dataset"] != ""]
    if "account" in says:
        faults.append(_records("account", says["account"], aside))
    return "\n".join(fault for fault in faults if fault)


def _dataset(name: str, text: Text, output: Output | None) -> str:
    if text == "none" or output is None:
        return (
            "" if text == "none" and output is None else f"{name}: {'there is one' if output else 'not made'}"
        )
    header, rows = drawn(text)
    frame = output.frame
    own = [column for column in frame if column not in (*header, *NOT_DRAWN, f"{name}SEQ", "ASEQ")]
    faults = [f"{name}.{column} has values" for column in own if frame[column].notna().any()]
    faults += [f"{name} has no column {column}" for column in header if column not in frame]
    for variable in output.variables:
        column = frame[variable.name]
        if not KINDS[variable.type](column):
            faults.append(f"{name}.{variable.name} is {column.dtype}, not {variable.type}")
    if faults:
        return "\n".join(faults)
    if "STUDYID" in header and [column for column in frame if column in header] != header:
        return f"{name}: the columns leave in the order {', '.join(frame)}"
    return _difference(name, [" | ".join(row) for row in rows], _lines(frame, header))


def _records(what: str, text: str, frame: pd.DataFrame) -> str:
    header, rows = drawn(text) if text else ([], [])
    columns = header or [column for column in ("message", "dataset", "source", "reason") if column in frame]
    return _difference(what, sorted(" | ".join(row) for row in rows), sorted(_lines(frame, columns)))


def _lines(frame: pd.DataFrame, columns: list[str]) -> list[str]:
    cells = [_shown(frame[column]) for column in columns]
    return [" | ".join(row) for row in zip(*cells, strict=True)]


def _shown(column: pd.Series) -> list[str]:
    if (
        pd.api.types.is_datetime64_any_dtype(column)
        and (column.dropna() != column.dropna().dt.floor("D")).any()
    ):
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S").fillna("").tolist()
    if pd.api.types.is_integer_dtype(column):
        return [str(value) for value in column]
    return as_text(column.reset_index(drop=True)).fillna("").tolist()


def drawn(text: str) -> tuple[list[str], list[list[str]]]:
    """The header and the rows of a drawn table; blank is missing."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if line.strip()]
    if any(len(line) != len(lines[0]) for line in lines):
        raise ValueError(f"a line has more or fewer cells than its header:\n{text}")
    return lines[0], lines[1:]


def _raw_frame(form: str, text: Text) -> pd.DataFrame:
    header, rows = drawn(text)
    frame = pd.DataFrame(
        {
            name: pd.Series([row[place] or None for row in rows], dtype="str")
            for place, name in enumerate(header)
        }
    )
    if "record" not in frame:
        frame["record"] = pd.Series([f"{form}/{number}" for number in range(1, len(rows) + 1)], dtype="str")
    if "participation" not in frame:
        frame["participation"] = pd.Series(["1"] * len(rows), dtype="str")
    return frame.assign(place=_places(frame["record"].tolist()))


def _places(records: list[str]) -> list[int]:
    """The order of record ids, as a reader gives it: numeric parts as numbers."""
    parts = [
        [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in record.split("/")]
        for record in records
    ]
    order = sorted(range(len(records)), key=parts.__getitem__)
    return [order.index(row) for row in range(len(records))]


def _texts(given: Text | Sequence | str) -> list[str]:
    return [str(each) for each in given] if isinstance(given, Sequence) else [str(given)] if given else []


def _difference(what: str, wanted: list[str], got: list[str]) -> str:
    if wanted == got:
        return ""
    shown = [f"{what}: wanted"] + [f"  {line}" for line in wanted or ["nothing"]]
    return "\n".join([*shown, "got", *(f"  {line}" for line in got or ["nothing"])])
