"""`cdiscflow compare`: a dataset of a run against the file of a second programmer, record by record."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cdiscflow.home import Home
from cdiscflow.runs import find_run, named
from cdiscflow.workbook import write_workbook
from clinical.errors import InputError, sentence
from clinical.files import create
from clinical.frames import Frame

TOLERANCE = 1e-9
TEXT_OF = {"FN": "FL", "N": "", "NUM": ""}  # the endings of a number and of the text that it stands for
MOST_ROWS = 1_000_000  # of a sheet
LAYERS = ("adam", "sdtm")
PLACE, ORIGIN = "(place)", "(origin)"
COLUMNS = {
    "kind": "Difference",
    "key": "Record",
    "variable": "Variable",
    "ours": "Here",
    "theirs": "There",
    "apart": "There minus here",
}
WIDTHS = {"kind": 22, "key": 48, "variable": 12, "ours": 36, "theirs": 36, "apart": 18}


@dataclass(frozen=True)
class Side:
    """A dataset as text (dates ISO 8601, numbers as shortest decimals); type and label of its variables."""

    frame: Frame
    facts: dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Asked:
    """What is to be compared: a dataset of a study's run and a file; no keys: those of the spec."""

    dataset: str
    file: Path
    study: str = ""
    run: str = "latest"
    keys: tuple[str, ...] = ()
    tolerance: float = TOLERANCE
    to: Path | None = None
    force: bool = False


def compare_dataset(home: Home, asked: Asked) -> tuple[list[str], bool]:
    """The lines to print, and whether the two differ; the differences are written as a sheet.

    Without differences there is no sheet: one of an earlier comparison is removed, too, if `force` allows it.

    Raises: InputError where there is no such run or dataset, where the file cannot be read or lacks a key,
            where the sheet is there already, or the tolerance is no distance.
    """
    target = asked.to or Path(f"compare-{asked.dataset}.xlsx")
    if not 0 <= asked.tolerance < math.inf:
        raise InputError("compare.tolerance", tolerance=f"{asked.tolerance:g}")
    if target.exists() and not asked.force:
        raise InputError("compare.there", str(target))
    study = asked.study or _study_with(home, asked)
    run = find_run(home, study, asked.run)
    ours, theirs = _side(_of_run(run, study, asked.dataset)), _side(asked.file)
    keys = list(asked.keys) or _keys_of_spec(home, study, asked.dataset, theirs)
    for name in keys:
        for side, where in ((ours, named(study, run)), (theirs, asked.file.name)):
            if name not in side.frame:
                raise InputError("compare.no-key", where, key=name, dataset=asked.dataset)
    found = differences(ours, theirs, keys, asked.tolerance)
    told = [
        f"{asked.dataset} of {named(study, run)}, against {asked.file.name}",
        f"  records: {len(ours.frame)} here, {len(theirs.frame)} there; key {' '.join(keys)}",
        f"  numbers are the same within {asked.tolerance:g}; codes (CNSR, PARAMN) and --SEQ are equal",
    ]
    if not len(found):
        target.unlink(missing_ok=True)
        same = sentence("compare.same")
        return [*told, f"  {same}"], False
    _write(target, found, asked.dataset)
    return [*told, *_counted(found), f"  written to {target}"], True


def differences(ours: Side, theirs: Side, keys: Sequence[str], tolerance: float) -> Frame:
    """One row for each difference: columns of COLUMNS, sorted by record and variable.

    Variables, their types and labels; keys that several records have; records that only one side has; values.
    Records with the same key are compared in their order.

    Values may be as far apart as `tolerance_of` says.

    Missing: a missing value equals a missing value only.
    """
    parts = [_of_variables(ours, theirs), _of_keys(ours, theirs, keys)]
    both = _numbered(ours.frame, keys).merge(
        _numbered(theirs.frame, keys),
        on=[*keys, PLACE],
        how="outer",
        suffixes=(" here", " there"),
        indicator=ORIGIN,
        validate="1:1",
    )
    shown = _shown(both, keys)
    for origin, kind in (("left_only", "record only here"), ("right_only", "record only there")):
        alone = (both[ORIGIN] == origin).to_numpy()
        parts.append(pd.DataFrame({"kind": kind, "key": shown[alone]}))
    matched = (both[ORIGIN] == "both").to_numpy()
    for name in [name for name in ours.frame if name in theirs.frame and name not in keys]:
        pair = both.loc[matched, [f"{name} here", f"{name} there"]].set_axis(["ours", "theirs"], axis=1)
        parts.append(_of_values(pair, shown[matched], name, tolerance_of(name, ours.facts, tolerance)))
    found = pd.concat([part.reindex(columns=list(COLUMNS)) for part in parts], ignore_index=True)
    return found.astype("str").where(found.notna(), "")


def tolerance_of(name: str, facts: Mapping[str, tuple[str, str]], tolerance: float) -> float:
    """How far apart values of a variable may be: texts not at all (-1), measured numbers by the tolerance.

    A number that stands for a text of the dataset (PARAMN for PARAM, VISITNUM for VISIT, TRTEMFN for
    TRTEMFL), CNSR and --SEQ are codes: only what two ways of storing a number differ.
    """
    char = {variable for variable, (kind, _) in facts.items() if kind == "Char"}
    if name in char:
        return -1
    texts = {name.removesuffix(end) + text for end, text in TEXT_OF.items() if name.endswith(end)}
    code = name == "CNSR" or name.endswith("SEQ") or texts & char
    return min(tolerance, TOLERANCE) if code else tolerance


def _of_values(pair: Frame, shown: pd.Series, name: str, tolerance: float) -> Frame:
    """The records in which a variable differs; two numbers may be apart by the tolerance."""
    same = (pair["ours"] == pair["theirs"]) | (pair["ours"].isna() & pair["theirs"].isna())
    unequal = pair[~same.to_numpy(dtype=bool, na_value=False)]
    apart = pd.to_numeric(unequal["theirs"], errors="coerce") - pd.to_numeric(
        unequal["ours"], errors="coerce"
    )
    differ = ~(apart.abs() <= tolerance)
    unequal, apart = unequal[differ], apart[differ]
    texts = apart.map("{:g}".format).where(apart.notna())
    return unequal.assign(kind="value", key=shown.loc[unequal.index], variable=name, apart=texts)


def _of_variables(ours: Side, theirs: Side) -> Frame:
    rows = []
    for name in dict.fromkeys([*ours.facts, *theirs.facts]):
        one, other = ours.facts.get(name), theirs.facts.get(name)
        if one is None or other is None:
            rows.append({"kind": f"variable only {'here' if other is None else 'there'}", "variable": name})
            continue
        for kind, here, there in zip(("type", "label"), one, other, strict=True):
            if here != there:
                rows.append({"kind": kind, "variable": name, "ours": here, "theirs": there})
    return pd.DataFrame(rows)


def _of_keys(ours: Side, theirs: Side, keys: Sequence[str]) -> Frame:
    parts = []
    for side, where in ((ours, "here"), (theirs, "there")):
        twice = side.frame[side.frame.duplicated(list(keys))]
        parts.append(pd.DataFrame({"kind": f"key not unique {where}", "key": _shown(twice, keys).unique()}))
    return pd.concat(parts, ignore_index=True)


def _numbered(frame: Frame, keys: Sequence[str]) -> Frame:
    """With the place of each record among those with its key; every other column named for its side."""
    return frame.assign(**{PLACE: frame.groupby(list(keys), dropna=False).cumcount()})


def _shown(frame: Frame, keys: Sequence[str]) -> pd.Series:
    text = pd.Series("", index=frame.index, dtype="str")
    for name in keys:
        text = text + (" " if name != keys[0] else "") + f"{name}=" + frame[name].fillna("")
    return text


def _counted(found: Frame) -> list[str]:
    counts = found.groupby(["kind", "variable"], sort=False).size()
    return [
        f"  {kind}: {variable}" + (f" ({count} records)" if kind == "value" else "")
        if variable
        else f"  {kind}: {count}"
        for (kind, variable), count in counts.items()
    ]


def _write(target: Path, found: Frame, dataset: str) -> None:
    if len(found) > MOST_ROWS and target.suffix.lower() != ".csv":
        raise InputError("compare.too-many", str(target), count=len(found))
    target.unlink(missing_ok=True)
    if target.suffix.lower() == ".csv":
        create(target)
        found.rename(columns=COLUMNS).to_csv(target, index=False, lineterminator="\n")
        return
    title = f"{dataset} compared"
    write_workbook(target, found, COLUMNS, title=title, sheet="Differences", widths=WIDTHS, frozen=3)


def _study_with(home: Home, asked: Asked) -> str:
    """The one study that has the dataset."""
    found = [study for study in home.studies() if asked.dataset in home.load(study).datasets]
    if len(found) != 1:
        raise InputError("compare.which-study", dataset=asked.dataset, studies=", ".join(found) or "none")
    return found[0]


def _keys_of_spec(home: Home, study: str, dataset: str, theirs: Side) -> list[str]:
    """The keys of the spec, without the study's identifier where the other file has none."""
    spec = home.load(study).datasets.get(dataset)
    return [key for key in spec.keys if key != "STUDYID" or key in theirs.frame] if spec else ["USUBJID"]


def _of_run(run: Path, study: str, dataset: str) -> Path:
    for layer in LAYERS:
        path = run / "xpt" / layer / f"{dataset.lower()}.xpt"
        if path.is_file():
            return path
    raise InputError("compare.no-dataset", study, dataset=dataset, run=run.name)


def _side(path: Path) -> Side:
    """A transport file of version 5 or a SAS7BDAT file."""
    from edc.sas import read_sas, read_transport

    kind = path.suffix.lower()
    if kind == ".xpt":
        from clinical.xpt_read import read_xpt

        if not path.is_file():
            raise InputError("compare.no-file", path.name)
        facts = {v.name.upper(): (v.type, v.label) for v in read_xpt(path).variables}
        frame = read_transport(path, path.name, "").frame
    elif kind == ".sas7bdat":
        frame = read_sas(path, path.name, "").frame
        facts = _facts_of_sas(path)
    else:
        raise InputError("compare.kind", path.name)
    return Side(frame.rename(columns=str.upper), facts)


def _facts_of_sas(path: Path) -> dict[str, tuple[str, str]]:
    from pyreadstat import read_sas7bdat

    _, meta = read_sas7bdat(path, metadataonly=True)
    kinds = {"double": "Num", "string": "Char"}
    return {
        name.upper(): (kinds.get(meta.readstat_variable_types[name], "Num"), label or "")
        for name, label in meta.column_names_to_labels.items()
    }
