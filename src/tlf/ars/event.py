"""The ReportingEvent: all displays of a run as one JSON file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Mapping as Datasets

from clinical.frames import Frame
from tlf.ars.analyses import Analyses
from tlf.ars.catalogue import Catalogue, Entry
from tlf.ars.outputs import contents, output_of, terminology
from tlf.results import RESULTS
from tlf.spec import Display

DESCRIPTION = (
    "Conventions. A subject is a USUBJID. The first grouping of an analysis is the columns of its "
    "display: it groups subjects, of whom any record satisfies the condition of a group; further "
    "groupings group records, or subjects by any of their records. A missing value is an empty text and"
    " satisfies no comparison but EQ an empty text; where that matters, NE an empty text stands beside "
    "the comparison. {DATASET.VARIABLE} in braces as a value is that variable of the same record. "
    "Formatted values are rounded half away from zero on the decimal number of 12 significant digits; "
    "100 percent has no decimals. A result without rawValue does not exist. Parameters of a method are "
    "the arguments of its numbers; a parameter of an analysis is the id of a data subset."
)


def reporting_event(
    study: str,
    displays: Iterable[Display],
    results: Frame,
    files: Datasets[str, Iterable[str]],
    footer: dict[str, object],
) -> Entry:
    """The ReportingEvent of a run, made of specs and results alone.

    Needs:  results, the frame of all displays; files, the names of each display's files (none: not made);
            footer, as the displays have it.
    Source: CDISC Analysis Results Standard v1.0.
    """
    catalogue, outputs, analyses = Catalogue(), [], {}
    records = _records(results)
    for display in displays:
        own = files.get(display.name, ())
        output = output_of(display, own, footer, bool(own))
        outputs.append(output)
        analyses[output["id"]] = list(Analyses(display, catalogue).made(records.get(display.name, [])))
    return {
        "id": study,
        "name": f"Analyses of {study}",
        "description": DESCRIPTION,
        "version": 1,
        "mainListOfContents": contents(outputs, analyses),
        "analysisSets": catalogue.analysisSets,
        "dataSubsets": catalogue.dataSubsets,
        "analysisGroupings": catalogue.analysisGroupings,
        "methods": catalogue.methods,
        "analyses": [one for own in analyses.values() for one in own],
        "outputs": outputs,
        "terminologyExtensions": list(terminology(outputs)),
    }


def event_bytes(event: Entry) -> bytes:
    """The ReportingEvent as JSON: one line for each entry of a list, so that two runs can be compared."""
    parts = [f"{json.dumps(key)}: {_value(value)}" for key, value in event.items()]
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()


def _value(value: object) -> str:
    if not isinstance(value, list):
        return _line(value)
    return "[\n" + ",\n".join(map(_line, value)) + "\n]" if value else "[]"


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _records(results: Frame) -> dict[str, list[dict[str, object]]]:
    """The results of each display as records; text that is missing is empty."""
    texts = [name for name, kind in RESULTS.items() if kind == "str"]
    whole = results.assign(
        **{name: results[name].astype("object").where(results[name].notna(), "") for name in texts}
    )
    columns = [whole[name].tolist() for name in RESULTS]
    found: dict[str, list[dict[str, object]]] = {}
    for values in zip(*columns, strict=True):
        one = dict(zip(RESULTS, values, strict=True))
        found.setdefault(one["display"], []).append(one)
    return found
