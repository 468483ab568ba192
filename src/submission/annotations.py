"""What the annotated CRF says beside each field: which variable of which dataset holds it [F.6]."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from clinical.check import fields_of_columns
from clinical.forms import Form
from clinical.spec import Dataset
from clinical.study import Study
from clinical.where import in_words
from submission.origins import COLLECTED, Field, Given, Origins, on_crf

NOT_SUBMITTED = "[NOT SUBMITTED]"
MOST_USES, MOST_CODES = 4, 2


@dataclass(frozen=True)
class Note:
    """One annotation; `dataset` decides its colour and is empty for what is not submitted."""

    dataset: str
    text: str


def annotations(study: Study) -> dict[Field, list[Note]]:
    """The notes of every field of every CRF form, in the order of datasets and variables.

    A field that no variable holds as it was collected says what is derived from it, or that it is not
    submitted; none has no note.
    """
    origins = Origins(study)
    found: dict[Field, dict[tuple[str, str], list[str]]] = {
        (form.name, name): {}
        for form in crf_forms(study)
        for name, field in form.fields.items()
        if not field.joined
    }
    for dataset in study.datasets.values():
        if dataset.layer == "sdtm":
            for variable in dataset.columns():
                if not variable.islower():
                    _of_variable(found, origins, dataset, variable)
    uses = _uses(study)
    return {
        at: [Note(dataset, _where(text, where)) for (dataset, text), where in notes.items()]
        or [_other(study, at, uses.get(at, []))]
        for at, notes in found.items()
    }


def categories(study: Study) -> dict[tuple[str, str], list[str]]:
    """What each dataset sets for all that it takes of a form, such as CMCAT = CONCOMITANT MEDICATION."""
    found: dict[tuple[str, str], list[str]] = {}
    for dataset in study.datasets.values():
        for part in dataset.parts:
            if dataset.layer != "sdtm" or not part.source.startswith("raw."):
                continue
            for name in (f"{dataset.name}CAT", f"{dataset.name}SCAT"):
                lines = [dataset.word(part, line, name) for line in part.lines or (None,)]
                for word in lines:
                    if word is not None and word.word == "constant":
                        told = found.setdefault((part.source[4:], dataset.name), [])
                        told += [text for text in [f"{name} = {word.value}"] if text not in told]
    return found


def crf_forms(study: Study) -> list[Form]:
    """The forms of the EDC, in alphabetical order; vendors' files are no pages of the CRF."""
    return [form for form in study.forms.values() if on_crf(form)]


def _of_variable(
    found: dict[Field, dict[tuple[str, str], list[str]]], origins: Origins, dataset: Dataset, variable: str
) -> None:
    for given in origins.of(dataset, variable):
        for at in given.fields:
            for each in parts_of(origins.study, at):
                if each in found:
                    where = found[each].setdefault((dataset.name, _text(dataset, variable, given)), [])
                    where += [code for code in [_code(dataset, variable, given)] if code not in where]


def parts_of(study: Study, at: Field) -> Iterable[Field]:
    """The fields on the page: a date and a time for a joined one."""
    form, name = at
    field = study.forms[form].fields.get(name)
    if field is not None and field.joined:
        return [(form, one) for one in (field.date, field.time)]
    return [at]


def _text(dataset: Dataset, variable: str, given: Given) -> str:
    """`VSORRES`, `O2DEV in SUPPVS`."""
    text = f"{variable} in SUPP{dataset.name}" if variable in dataset.supp else variable
    return text if given.type == COLLECTED else f"{text} (assigned)"


def _code(dataset: Dataset, variable: str, given: Given) -> str:
    """`VSTESTCD = TEMP`: the test that the same line sets; empty where it sets none."""
    name = f"{dataset.name}TESTCD"
    code = dict(given.constants).get(name, "")
    return f"{name} = {code}" if code and name != variable else ""


def _where(text: str, codes: list[str]) -> str:
    """`VSORRES where VSTESTCD = TEMP`; what holds for more than a few tests of a page names none."""
    codes = [code for code in codes if code]
    return f"{text} where {' or '.join(codes)}" if 0 < len(codes) <= MOST_CODES else text


def _uses(study: Study) -> dict[Field, list[str]]:
    """The variables that read each field, whether or not they hold it."""
    names = Origins(study).names
    found: dict[Field, list[str]] = {}
    for (dataset, column), fields in fields_of_columns(names).items():
        if study.datasets[dataset].layer != "sdtm":
            continue
        shown = f"{dataset}.{column}" if column and not column.islower() else dataset
        for form, name in fields:
            form_fields = study.forms[form].fields if form in study.forms else {}
            own = next((one for one, field in form_fields.items() if name in field.gives), name)
            for at in parts_of(study, (form, own)) if own in form_fields else ():
                if shown not in found.setdefault(at, []):
                    found[at].append(shown)
    return found


def _other(study: Study, at: Field, uses: list[str]) -> Note:
    form, name = study.forms[at[0]], at[1]
    if form.not_submitted or form.fields[name].not_submitted or not uses:
        reason = form.not_submitted or form.fields[name].not_submitted
        return Note("", f"{NOT_SUBMITTED}{f' {reason}' if reason else ''}")
    shown = sorted(uses, key=lambda one: ("." not in one, one))
    more = f" and {len(shown) - MOST_USES} more" if len(shown) > MOST_USES else ""
    return Note(shown[0].partition(".")[0], f"Used for {', '.join(shown[:MOST_USES])}{more}")


def where_of(form: Form) -> str:
    """Which records of a file are this page, in words; empty for all."""
    return in_words(form.source.where) if form.source.where else ""
