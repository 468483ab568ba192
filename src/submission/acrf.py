"""The annotated CRF: blank forms from the raw specs, annotations from the mapping specs, as a PDF [F.6].

Annotations are text that can be searched and copied, in boxes coloured by dataset; fonts are embedded;
bookmarks lead to each form, by form and by visit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from clinical.form_fields import Field as FormField
from clinical.forms import Form
from clinical.study import Study
from submission.annotations import Note, annotations, categories, crf_forms, where_of
from submission.origins import Field
from submission.paper import Bookmark, compile_pdf, with_bookmarks

COLOURS = ("#BFFFFF", "#FFFF96", "#96FF96", "#FFBE9B", "#E6C8FF", "#FFC8DC")
GREY = "#E8E8E8"
KINDS = {
    "date": "dd MMM yyyy",
    "time": "hh:mm",
    "datetime": "date and time",
    "number": "number",
    "text": "text",
}
MOST_CODES = 12


@dataclass(frozen=True)
class Crf:
    """The PDF, and the pages of it on which each field stands."""

    pdf: bytes
    pages: dict[Field, tuple[int, ...]]


def annotated_crf(study: Study, visits: Mapping[str, Iterable[str]]) -> Crf:
    """The annotated CRF of a study; `visits` says which forms each visit has, and may be empty."""
    notes, told = annotations(study), categories(study)
    forms = crf_forms(study)
    plan = {visit: [form for form in given if form in study.forms] for visit, given in visits.items()}
    about = {
        "title": f"Annotated Case Report Form, {study.id}",
        "subtitle": str(study.config.get("title", "")),
        "study": study.id,
        "forms": [_form(study, form, notes, told) for form in forms],
        "visits": [{"name": visit, "forms": given} for visit, given in plan.items()],
    }
    pdf, places = compile_pdf("acrf.typ", {"crf.json": about}, "<place>")
    first: dict[str, int] = {}
    pages: dict[Field, set[int]] = {}
    for one in places:
        first.setdefault(one["form"] or one["field"], one["page"])
        if one["field"] and one["form"]:
            pages.setdefault((one["form"], one["field"]), set()).add(one["page"])
    marks = _bookmarks(study, forms, plan, first)
    joined = {
        (form.name, name): pages[form.name, field.date] | pages[form.name, field.time]
        for form in forms
        for name, field in form.fields.items()
        if field.joined
    }
    return Crf(with_bookmarks(pdf, marks), {at: tuple(sorted(p)) for at, p in (pages | joined).items()})


def _bookmarks(
    study: Study, forms: list[Form], plan: Mapping[str, list[str]], first: Mapping[str, int]
) -> list[Bookmark]:
    def of(name: str) -> Bookmark:
        return Bookmark(f"{study.forms[name].label or name} ({name})", first[name])

    by_form = Bookmark("Forms", first[forms[0].name] if forms else 1, tuple(of(form.name) for form in forms))
    if not plan:
        return [by_form]
    shown = {visit: [of(name) for name in given if name in first] for visit, given in plan.items()}
    by_visit = [Bookmark(visit, marks[0].page, tuple(marks)) for visit, marks in shown.items() if marks]
    return [by_form, Bookmark("Visits", first["visits"], tuple(by_visit))]


def _form(
    study: Study, form: Form, notes: Mapping[Field, list[Note]], told: Mapping[tuple[str, str], list[str]]
) -> dict[str, object]:
    shown = {name: field for name, field in form.fields.items() if not field.joined}
    used = [note.dataset for name in shown for note in notes[form.name, name] if note.dataset]
    colours = {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(dict.fromkeys(used))}
    return {
        "name": form.name,
        "label": form.label or form.name,
        "where": where_of(form),
        "datasets": list(colours),
        "boxes": [
            {"text": _dataset(study, name, told.get((form.name, name), ())), "colour": colour}
            for name, colour in colours.items()
        ],
        "rows": [
            {
                "name": name,
                "label": field.label or name,
                "kind": KINDS.get(field.type, field.type),
                "codes": _codes(field),
                "notes": [
                    {"text": note.text, "colour": colours.get(note.dataset, GREY)}
                    for note in notes[form.name, name]
                ],
            }
            for name, field in shown.items()
        ],
    }


def _dataset(study: Study, name: str, categories: Iterable[str]) -> str:
    standard = study.standards.get(name)
    return ", ".join([f"{name} = {standard.label if standard else name}", *categories])


def _codes(field: FormField) -> list[str]:
    shown = [f"{text}" if text == code else f"{text} ({code})" for code, text in field.codes.items()]
    if len(shown) <= MOST_CODES:
        return shown
    return [*shown[: MOST_CODES - 1], f"and {len(shown) - MOST_CODES + 1} more, up to {shown[-1]}"]
