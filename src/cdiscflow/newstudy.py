"""`cdiscflow new-study NAME --from EXTRACT`: the first specs of a study from what was delivered."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from cdiscflow.home import Home
from cdiscflow.newstudy_cdash import Domains
from cdiscflow.newstudy_dates import settle
from cdiscflow.newstudy_draft import Draft, FormGuess
from cdiscflow.newstudy_fields import fields_of, is_constant
from cdiscflow.newstudy_sdtm import HEAD, Writer
from cdiscflow.newstudy_tables import Table, tables_of
from cdiscflow.yaml_text import Path as TreePath
from cdiscflow.yaml_text import document
from clinical.errors import InputError
from clinical.form_fields import SYSTEM
from clinical.forms import EDC_RECORD
from clinical.standards import read_standards
from clinical.terms import Terms

NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
NOT_STUDIES = ("library",)
SUBJECTS = (
    "SUBJECT", "SUBJID", "SUBJECTID", "SUBJECTNUMBER", "SUBJECTNO", "SUBNUM", "PATNUM", "PATIENT",
    "PATIENTID", "PATIENTNUMBER", "PATNO", "SCRNUM", "SCRNO", "SCREENINGNUMBER", "SUBJECTKEY", "USUBJID",
)  # fmt: skip
VISITS = ("VISIT", "VISITNAME", "INSTANCE", "INSTANCENAME", "EVENT", "FOLDER")
STUDIES = ("STUDYID", "STUDY", "PROJECT", "PROTOCOL")
IDENTIFIERS = re.compile(r"(ACCESSION|ACCN|SPID|REFID|RECID|RECORDID|LINENO|SEQ|BARCODE)\w*$", re.IGNORECASE)
UNREAD = "nothing reads it yet"
CONSTANT = "the same in every record"


def new_study(home: Home, name: str, extract: Path) -> list[str]:
    """Writes `mappings/NAME`, and the lines that say what was guessed and what was not.

    Raises: InputError for a name that is none or taken, and an extract without a table.
    """
    if not NAME.fullmatch(name) or name in NOT_STUDIES:
        raise InputError("new.name", name=name)
    target = home.mappings / name
    if os.path.lexists(target):
        raise InputError("new.exists", name)
    if not extract.is_dir():
        raise InputError("new.no-extract", str(extract))
    found = tables_of(extract)
    forms, nobody = _forms(found.tables)
    if not forms:
        raise InputError("new.no-table", str(extract))
    domains = Domains(read_standards(home.mappings / "library", target), Terms(home.mappings / "library"))
    drafts = Writer(domains, forms).write()
    texts, said = _files(name, forms, drafts, extract)
    _write(target, texts)
    said += [*found.left, *(f"{table.name}: no column is a subject's number; no form" for table in nobody)]
    fields = sum(len(form.fields) for form in forms)
    counted = f"{len(forms)} forms with {fields} fields, {len(drafts)} datasets: {', '.join(sorted(drafts))}"
    return [f"{name}: {counted}", *_listed(said), *_data(home, name, extract)]


def _listed(said: list[str]) -> list[str]:
    return ["not guessed, or to be decided:", *(f"  {line}" for line in said)] if said else []


def _forms(tables: list[Table]) -> tuple[list[FormGuess], list[Table]]:
    """The forms, and the tables that belong to no subject."""
    forms, nobody = [], []
    for table in tables:
        subject = subject_column(table)
        if subject:
            forms.append(FormGuess(table, subject, fields_of(table, subject)))
        else:
            nobody.append(table)
    return [form for form in forms if form.fields], nobody


def subject_column(table: Table) -> str:
    """The column that holds the subject's number: by name, else one named SUBJ or PATIENT and never empty."""
    plain = {
        re.sub(r"[^A-Z]", "", column.upper().rpartition(".")[2]): column
        for column in reversed(list(table.frame))
    }
    for name in SUBJECTS:
        if name in plain:
            return plain[name]
    for column in table.frame:
        if re.search(r"SUBJ|PATIENT", column.upper()) and table.frame[column].notna().all():
            return column
    return ""


def _files(
    name: str, forms: list[FormGuess], drafts: dict[str, Draft], extract: Path
) -> tuple[dict[str, str], list[str]]:
    """Every file by path, and what a person has to decide."""
    said: list[str] = []
    sure = [form for each in forms for guess in each.fields.values() if len(guess.choices) == 1
            for form in guess.choices[0]]  # fmt: skip
    common = [form for form, _ in Counter(sure).most_common()]
    study, comments = _study(name, forms, extract)
    texts = {"study.yml": document(study, comments, HEAD)}
    for form in forms:
        tree, comments = _form(form, common, said, "DM" in drafts and form.domain == "DM")
        texts[f"raw/{form.name}.yml"] = document(tree, comments, HEAD)
    for domain, draft in drafts.items():
        texts[f"sdtm/{domain.lower()}.yml"] = document(draft.tree, draft.comments, HEAD)
        said += draft.open
    return texts, said


def _study(name: str, forms: list[FormGuess], extract: Path) -> tuple[dict[str, object], dict[TreePath, str]]:
    comments: dict[TreePath, str] = {}
    identity = _study_id(forms)
    tree: dict[str, object] = {"study": identity or name.upper(), "data_cut": "none"}
    comments["study",] = "guess: the same in every record" if identity else "guess: the folder's name"
    environments = {
        e for form in forms if "environment" in form.table.frame for e in form.texts("environment")
    }
    if "PROD" in environments:
        tree["environment"] = "PROD"
        comments["environment",] = f"guess: one of {len(environments)} in the extract"
    numbers = {number for form in forms for number in form.texts(form.subject)}
    shapes = {re.sub(r"[0-9]", "0", number) for number in numbers}
    subject: dict[str, object] = {}
    if len(shapes) == 1 and "0" in (shape := next(iter(shapes))) and not re.search(r"[^\W0-9_]{4}", shape):
        subject["shape"] = shape
    whole = identity and all(number.startswith(f"{identity}-") for number in numbers)
    subject["usubjid"] = "{subject}" if whole else f"{tree['study']}-{{subject}}"
    tree["subject"] = subject
    comments["subject",] = f"guess: {len(numbers)} subjects"
    tree["manifest"] = "required" if _has_manifest(extract) else "none"
    return tree, comments


def _study_id(forms: list[FormGuess]) -> str:
    """The one value that a column called study or project has in all forms; empty for none or several."""
    found = {
        value for form in forms for column in form.table.frame
        if re.sub(r"[^A-Z]", "", column.upper()) in STUDIES for value in form.texts(column)
    }  # fmt: skip
    value = next(iter(found)) if len(found) == 1 else ""
    return value if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,19}", value) else ""


def _has_manifest(extract: Path) -> bool:
    path = extract / "manifest.json"
    if not path.is_file():
        return False
    try:
        return isinstance(json.loads(path.read_text("utf-8-sig")).get("files"), dict)
    except (ValueError, AttributeError):
        return False


def _form(
    form: FormGuess, common: list[str], said: list[str], of_person: bool
) -> tuple[dict[str, object], dict[TreePath, str]]:
    """The tree of a raw form and its comments."""
    frame, comments = form.table.frame, {}
    tree: dict[str, object] = {"form": form.name, "read": form.table.read}
    if form.subject != "Subject":
        tree["subject"] = form.subject
        comments["subject",] = f"guess: {frame[form.subject].notna().sum()} values"
    if of_person and not frame[form.subject].duplicated().any() and len(frame):
        tree["per"], comments["per",] = "subject", f"guess: {len(frame)} records, {len(frame)} subjects"
    tree |= _identity(form, comments)
    dated = {name: guess.choices for name, guess in form.fields.items() if guess.choices}
    dates, unsure = settle(dated, common)
    if dates:
        tree["dates"] = dates
        comments["dates",] = "guess: these read the values of all date fields" if not unsure else "undecided"
    said += [f"raw/{form.name}.yml: {name}: the forms {', '.join(dates)} read its dates differently"
             for name in unsure]  # fmt: skip
    tree["fields"] = {name: dict(guess.node) for name, guess in form.fields.items()}
    unread = [name for name in form.fields if name not in form.used]
    for name, guess in form.fields.items():
        if guess.why:
            comments["fields", name] = f"guess: {guess.why}" + (
                f", {guess.values} values" if guess.values else ""
            )
    _mark_unread(form, tree, unread, said)
    return tree, comments


def _mark_unread(form: FormGuess, tree: dict, unread: list[str], said: list[str]) -> None:
    """Fields that no dataset reads say so, with the reason."""
    if not form.used:
        tree["not_submitted"] = UNREAD
        tree["fields"] = tree.pop("fields")
        said.append(f"{form.name}: no field tells by its name what it is for")
        return
    told = []
    for name in unread:
        constant = is_constant(form.table.frame, form.fields[name].column)
        tree["fields"][name]["not_submitted"] = CONSTANT if constant else UNREAD
        told += [] if constant else [name]
    if told:
        said.append(f"raw/{form.name}.yml: no variable for {', '.join(told)}")


def _identity(form: FormGuess, comments: dict[TreePath, str]) -> dict[str, object]:
    """What tells one record from another, and what stands for the folder in findings."""
    columns = set(form.table.frame)
    if set(EDC_RECORD) <= columns and form.subject == "Subject":
        return {}
    tree: dict[str, object] = {}
    frame, names = form.table.frame, {guess.column: name for name, guess in form.fields.items()}
    keys = [column for column in frame if column in names and IDENTIFIERS.search(column)]
    keys = [column for column in keys if frame[column].notna().all()]
    unique = bool(keys) and len(frame) > 1 and not frame.duplicated([form.subject, *keys]).any()
    tree["record"] = [form.subject, *(names[column] for column in keys)] if unique else "file"
    if unique:
        comments["record",] = f"guess: unique in {len(frame)} records"
    visit = next((c for v in VISITS for c in frame if c.upper() == v and not is_constant(frame, c)), "")
    if visit in names or visit in SYSTEM:
        tree["coordinates"] = {"folder": names.get(visit, visit)}
        comments["coordinates",] = "guess: its name"
    return tree


def _write(target: Path, texts: dict[str, str]) -> None:
    """The whole folder at once: what is there is a study or nothing."""
    beside = target.with_name(f".tmp-{target.name}")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        for name, text in texts.items():
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8", newline="")
        os.rename(beside, target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _data(home: Home, name: str, extract: Path) -> Iterator[str]:
    """Makes the extract the one that is run, by a link, where the study has none."""
    folder, source = home.data / name, extract.resolve()
    if folder.resolve() not in source.parents:
        if folder.exists() and any(folder.iterdir()):
            yield f"{folder} has other extracts: put this one there to run it"
        else:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / source.name).symlink_to(source, target_is_directory=True)
            yield f"{folder / source.name} is a link to the extract"
    yield f"next: cdiscflow check {name}; then cdiscflow run {name}"
