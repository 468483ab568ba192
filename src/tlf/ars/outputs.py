"""Outputs and the list of contents: the page of each display, its files, and the analyses it shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tlf.ars.catalogue import Entry
from tlf.shapes.grid import conventions, source_of
from tlf.spec import Display

STANDARD_TYPES = ("pdf", "rtf", "txt")
FILE_TYPE = "FILE_TYPE"


def output_of(display: Display, files: Iterable[str], footer: dict[str, object], made: bool) -> Entry:
    """The page of a display: title, row labels, footnotes and the source of its data."""
    sections = [
        _section(display, "Title", (display.name, display.title, display.population.label)),
        _section(display, "Rowlabel Header", (row.label for row in display.rows.values() if row.label)),
        _section(display, "Footnote", (*display.footnotes, *conventions(display))),
        _section(display, "Footer", source_of(display, footer) if made else ()),
    ]
    page = {
        "id": f"PAGE.{display.name}",
        "name": display.name,
        "displayTitle": display.title,
        "displaySections": [one for one in sections if one["orderedSubSections"]],
    }
    return {
        "id": f"OUT.{display.name}",
        "name": f"{display.name} {display.title}",
        "label": display.population.label,
        "fileSpecifications": [_file(name) for name in sorted(files)],
        "displays": [{"order": 1, "display": page}],
    }


def _section(display: Display, kind: str, texts: Iterable[str]) -> Entry:
    short = kind.split()[0].lower()
    return {
        "sectionType": kind,
        "orderedSubSections": [
            {"order": order, "subSection": {"id": f"{display.name}.{short}.{order}", "text": text}}
            for order, text in enumerate(texts, start=1)
        ],
    }


def _file(name: str) -> Entry:
    ending = name.rsplit(".", 1)[-1]
    known = ending in STANDARD_TYPES
    kind = {"controlledTerm": ending} if known else {"sponsorTermId": f"{FILE_TYPE}.{ending}"}
    return {"name": name, "fileType": kind, "location": name}


def contents(outputs: list[Entry], analyses: dict[str, list[Entry]]) -> Entry:
    """The main list of contents: every output with its analyses below it."""
    items = []
    for order, output in enumerate(outputs, start=1):
        below = [
            {"level": 2, "order": place, "name": one.get("label", one["name"]), "analysisId": one["id"]}
            for place, one in enumerate(analyses[output["id"]], start=1)
        ]
        item = {"level": 1, "order": order, "name": output["name"], "outputId": output["id"]}
        items.append({**item, "sublist": {"listItems": below}} if below else item)
    return {"name": "Tables, figures and listings", "contentsList": {"listItems": items}}


def terminology(outputs: list[Entry]) -> Iterator[Entry]:
    """Terms of ours where the lists of the standard have none."""
    purpose = {
        "id": "PURPOSE.SEE_SAP",
        "submissionValue": "SEE STATISTICAL ANALYSIS PLAN",
        "description": "The analysis plan says what is primary, secondary or exploratory.",
    }
    yield {"id": "PURPOSE", "enumeration": "AnalysisPurposeEnum", "sponsorTerms": [purpose]}
    kinds = {
        one["fileType"]["sponsorTermId"]
        for output in outputs
        for one in output["fileSpecifications"]
        if "sponsorTermId" in one["fileType"]
    }
    if kinds:
        terms = [{"id": kind, "submissionValue": kind.split(".")[-1]} for kind in sorted(kinds)]
        yield {"id": FILE_TYPE, "enumeration": "OutputFileTypeEnum", "sponsorTerms": terms}
