"""The ARS export: valid, complete, and every number again from JSON and transport files alone [E.0]."""

from __future__ import annotations

import copy
import json

import pandas as pd
import pytest

from clinical.read import parse_yaml
from clinical.where import condition
from tests.tables import table
from tests.tlf.ars_files import differences, event_of, results_of, schema, transport
from tests.tlf.frames import ROOT, pilot, study, worked
from tests.tlf.small import ARMS, HEAD, read
from tlf.ars.event import event_bytes
from tlf.ars.where import expression
from tlf.spec import read_displays

DOSES = {"02": 2, "03": 2, "04": 2, "05": 2, "09": 3, "10": 3, "12": 3, "13": 3}
TIMES = "survival: {event: {CNSR: 0}, unit: weeks, days: 7, conf: 0.9"
ADSL = """
    USUBJID | SAFFL | TRT01A | SEX | RSPFL | AGE | TRTSDT     | DTHDT
    P1      | Y     | A      | F   | Y     | 10  | 2024-01-01 | 2024-02-01
    P2      | Y     | A      | M   | N     | 20  | 2024-01-05 |
    P3      | Y     | B      |     | Y     |     | 2024-03-01 | 2024-03-01
    P4      | N     | B      | F   |       | 99  | 2024-03-02 |
    P5      | Y     | Z      | U   | N     | 162.85 | 2024-03-03 | 2024-02-01
    """
ADAE = """
    USUBJID | AEBODSYS | AEDECOD | ATOXGRN | AESER
    P1      | Skin     | Rash    | 1       | Y
    P1      | Skin     | Rash    | 3       |
    P1      | Skin     | Itch    |         | N
    P2      | Heart    | Beat    | 3       | Y
    P3      | Skin     | Itch    | 2       | N
    P3      |          |         | 5       | Y
    P4      | Heart    | Beat    | 5       | Y
    """
ADTTE = """
    USUBJID | PARAMCD | AVAL | CNSR
    P1      | OS      | 14   | 0
    P2      | OS      | 14   | 1
    P3      | OS      | 21   | 0
    P5      | OS      | 35   | 1
    P1      | EFS     | 7    | 0
    P2      | EFS     | 7    | 0
    """
ROWS = {
    "counts": "a: {count: {SEX: F}, ci: clopper_pearson, conf: 0.9}, b: {count: all, show: n}, "
    "c: {count: {AGE: {ge: 20}}, of: b, show: fraction}, d: {count: {AGE: {gt: 1000}}, ci: clopper_pearson}",
    "missing": "a: {count: {SEX: {ne: F}}}, b: {count: {AGE: {lt: 20}}}, c: {count: {AGE: {missing: true}}}, "
    "d: {count: {SEX: {notin: [F, M]}}}, e: {count: {SEX: {missing: false}}}, f: {count: {AGE: {le: 20}}}",
    "or": "a: {count: [{SEX: F, AGE: {lt: 50}}, {RSPFL: N}], where: [{TRT01A: A}, {AGE: {missing: true}}]}",
    "columns": "a: {count: {DTHDT: {le: {column: TRTSDT}}}}, b: {count: {DTHDT: {column: TRTSDT}}}, "
    "c: {count: {DTHDT: {before: 2024-03-01}}}, d: {count: {DTHDT: {gt: {column: TRTSDT}}}}, "
    "e: {count: {SEX: {ne: {column: RSPFL}}}}, f: {count: {DTHDT: {before: {column: TRTSDT}}}}",
    "levels": "a: {categorical: SEX, levels: {F: Female, M: Male}, missing: Not known}, "
    "b: {categorical: SEX, levels: [F], other: Other}, c: {categorical: SEX, label: Sex}, "
    "d: {categorical: RSPFL, levels: {Y: Either, N: Either}}",
    "numbers": "a: {continuous: AGE, decimals: 2, label: Age}, b: {continuous: AGE, where: {SEX: F}}",
    "events": "a: {nested: [AEBODSYS, AEDECOD], from: ADAE, missing: Not coded, show: events}, "
    "b: {count: {AESER: Y}, from: ADAE, show: events}, "
    "c: {categorical: ATOXGRN, from: ADAE, levels: [1, 2, 3], show: fraction}",
}  # fmt: skip


def frames() -> dict[str, pd.DataFrame]:
    return {"ADSL": table(ADSL), "ADAE": table(ADAE, ATOXGRN="Num"), "ADTTE": table(ADTTE)}


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """Events, results and transport files of the displays that the worked subjects and the pilot can fill."""
    found = {}
    for name, given in (("rd1302", worked(DOSES)), ("cdiscpilot01", pilot())):
        displays = read_displays(ROOT / name / "tlf", study(name)).values()
        shown = [one for one in displays if set(one.datasets) <= set(given) and not one.listing]
        folder = transport(tmp_path_factory.mktemp(name), given)
        found[name] = (*event_of(shown, given), folder)
    return found


@pytest.mark.parametrize("name", ["rd1302", "cdiscpilot01"])
def test_the_event_is_valid_against_the_schema_of_cdisc(studies, name):
    event = studies[name][0]
    assert [error.message for error in schema().iter_errors(event)] == []


@pytest.mark.parametrize("name", ["rd1302", "cdiscpilot01"])
def test_every_number_follows_from_the_json_and_the_transport_files_alone(studies, name):
    event, whole, folder = studies[name]
    assert results_of(event) == len(whole.results) > 500
    assert differences(event, folder) == []


@pytest.mark.parametrize("kind", ROWS)
def test_every_condition_and_word_can_be_computed_again(tmp_path, kind):
    """A missing value satisfies no comparison (spec_language.md, 1); the reader lets it satisfy NE and LT."""
    display = read(tmp_path, HEAD + ARMS + f"rows: {{{ROWS[kind]}}}\n")
    event, whole = event_of([display], frames())
    assert [error.message for error in schema().iter_errors(event)] == []
    assert results_of(event) == len(whole.results) > 10
    assert differences(event, transport(tmp_path, frames())) == []


@pytest.mark.parametrize("conf_type", ["log-log", "log", "plain"])
@pytest.mark.parametrize("options", ["", ", flat_tail: midpoint, beyond: last"])
def test_times_can_be_computed_again_with_every_convention(tmp_path, conf_type, options):
    """E-KM: ties of event and censoring, a curve at exactly 0.5, a group whose last time is a censoring."""
    text = f"{TIMES}, conf_type: {conf_type}{options}}}\nrecords: {{from: ADTTE, where: {{PARAMCD: OS}}}}\n"
    rows = "rows: {q: {quantiles: [0.25, 0.5, 0.75]}, r: {rates: [0, 2, 4, 9]}, o: {range: observed}, "
    rows += "e: {quantiles: 0.5, from: ADTTE, where: {PARAMCD: EFS}}}\n"
    display = read(tmp_path, HEAD + ARMS + text + rows)
    event, _ = event_of([display], frames())
    assert differences(event, transport(tmp_path, frames())) == []


def test_groups_and_parts_by_condition_can_be_computed_again(tmp_path):
    """A group holds the subjects with any such record; a part divides the records of a row."""
    columns = "columns: {groups: {R: {where: {RSPFL: Y}}, Severe: {from: ADAE, where: {ATOXGRN: {ge: 3}}}}, "
    columns += "total: All, each: {any: Any, hi: {label: Grade 3 or more, where: {ATOXGRN: {ge: 3}}}}}\n"
    rows = (
        "rows: {a: {count: {AESER: Y}}, b: {count: {AESER: Y, AEDECOD: Beat}, of: a, ci: clopper_pearson}, "
    )
    rows += "c: {nested: [AEBODSYS, AEDECOD]}}\n"
    display = read(tmp_path, HEAD + columns + "records: {from: ADAE}\n" + rows)
    event, whole = event_of([display], frames())
    assert [error.message for error in schema().iter_errors(event)] == []
    assert results_of(event) == len(whole.results)
    assert differences(event, transport(tmp_path, frames())) == []


def test_groupings_of_one_name_and_two_datasets_have_two_ids(tmp_path):
    """The parts of a display divide records of ADSL in one row and of ADAE in the next."""
    columns = "columns: {each: {any: Any, rest: {label: Not P1, where: {USUBJID: {ne: P1}}}}}\n"
    display = read(
        tmp_path, HEAD + columns + "rows: {a: {count: {SEX: M}}, b: {count: {AESER: Y}, from: ADAE}}\n"
    )
    event, _ = event_of([display], frames())
    ids = [one["id"] for one in event["analysisGroupings"]]
    assert ids == ["GF.T1", "GF.T1.parts", "GF.T1.parts.v2"]
    assert differences(event, transport(tmp_path, frames())) == []


def test_every_reference_of_the_event_leads_somewhere(studies):
    event = studies["rd1302"][0]
    kinds = ("analysisSets", "dataSubsets", "analysisGroupings", "methods", "analyses", "outputs")
    ids = [one["id"] for kind in kinds for one in event[kind]]
    ids += [group["id"] for one in event["analysisGroupings"] for group in one.get("groups", ())]
    ids += [operation["id"] for one in event["methods"] for operation in one["operations"]]
    relations = [
        relation
        for method in event["methods"]
        for operation in method["operations"]
        for relation in operation.get("referencedOperationRelationships", ())
    ]
    ids += [one["id"] for one in relations]
    assert len(ids) == len(set(ids))
    named = [one["operationId"] for one in relations]
    for one in event["analyses"]:
        named += [
            one["analysisSetId"],
            one["methodId"],
            *([one["dataSubsetId"]] if "dataSubsetId" in one else []),
        ]
        named += [factor["groupingId"] for factor in one["orderedGroupings"]]
        for referred in one.get("referencedAnalysisOperations", ()):
            named += [referred["analysisId"], referred["referencedOperationRelationshipId"]]
        named += [result["operationId"] for result in one["results"]]
    assert set(named) <= set(ids)
    listed = event["mainListOfContents"]["contentsList"]["listItems"]
    assert [item["outputId"] for item in listed] == [one["id"] for one in event["outputs"]]
    below = [item["analysisId"] for one in listed for item in one["sublist"]["listItems"]]
    assert below == [one["id"] for one in event["analyses"]]


def test_a_missing_value_is_stated_where_another_program_might_let_it_pass():
    """SAS: a missing value is not `F`, and is less than every number."""
    asked = condition(parse_yaml("{SEX: {ne: F}, AGE: {lt: 20}}", "x.yml"))
    clauses = expression("ADSL", [asked])["compoundExpression"]
    said = [
        (one["condition"]["variable"], one["condition"]["comparator"], one["condition"]["value"])
        for one in clauses["whereClauses"]
    ]
    assert clauses["logicalOperator"] == "AND"
    assert said == [("SEX", "NE", ["F"]), ("SEX", "NE", [""]), ("AGE", "LT", ["20"]), ("AGE", "NE", [""])]


def test_the_percentage_names_its_numerator_and_its_denominator(studies):
    """T14.2.1: responders of week 12 are of those evaluable then; T14.1.4: sex is of N of the column."""
    by_id = {one["id"]: one for one in studies["rd1302"][0]["analyses"]}
    referred = by_id["T14.2.1.responders.W12"]["referencedAnalysisOperations"]
    assert {one["analysisId"] for one in referred} == {"T14.2.1.responders.W12", "T14.2.1.evaluable.W12"}
    referred = by_id["T14.1.4.sex"]["referencedAnalysisOperations"]
    assert {one["analysisId"] for one in referred} == {"T14.1.4.sex", "T14.1.4.columns"}


@pytest.mark.parametrize(
    ("place", "value"), [("rawValue", "3.0000001"), ("rawValue", None), ("formattedValue", "4")]
)
def test_a_value_that_does_not_follow_is_told(studies, place, value):
    """The second reader is no rubber stamp: 3 responders of DL2 changed by 1e-7, removed, or shown as 4."""
    event, _, folder = studies["rd1302"]
    wrong = copy.deepcopy(event)
    results = next(one for one in wrong["analyses"] if one["id"] == "T14.2.1.responders.W4")["results"]
    result = next(one for one in results if one.get("rawValue") == "3")
    result.pop(place)
    if value:
        result[place] = value
    else:
        result["formattedValue"] = ""
    assert len(differences(wrong, folder)) == 1


def test_a_method_that_nobody_can_compute_is_told(studies):
    event, _, folder = studies["rd1302"]
    wrong = copy.deepcopy(event)
    for method in wrong["methods"]:
        method["name"] = "unheard of" if method["name"] == "range" else method["name"]
    told = differences(wrong, folder)
    assert len(told) == 10 * 4 * 4  # one range in T14.2.4, .5 and .6 each, seven in T14.2.8
    assert all("nothing computes it" in one and ".range " in one for one in told)


def test_an_empty_display_has_its_analyses_and_no_results(tmp_path):
    display = read(tmp_path, HEAD.replace("SAFFL: Y", "SAFFL: X") + ARMS + "rows: {a: {count: all}}\n")
    event, _ = event_of([display], frames())
    assert [error.message for error in schema().iter_errors(event)] == []
    assert [(one["id"], one["results"]) for one in event["analyses"]] == [("T1.columns", []), ("T1.a", [])]


def test_the_page_has_titles_row_labels_footnotes_and_source(tmp_path):
    display = read(tmp_path, HEAD + "rows: {a: {count: all, label: All}}\nfootnotes: {a: A note.}\n")
    event, _ = event_of([display], frames())
    (output,) = event["outputs"]
    page = output["displays"][0]["display"]
    found = {
        one["sectionType"]: [part["subSection"]["text"] for part in one["orderedSubSections"]]
        for one in page["displaySections"]
    }
    assert found["Title"] == ["T1", "A table", "Safety Set"]
    assert found["Rowlabel Header"] == ["All"]
    assert found["Footnote"] == ["A note."]
    assert found["Footer"][1].startswith("Data cut: 2025-06-30. Datasets: ADSL")
    kinds = [one["fileType"] for one in output["fileSpecifications"]]
    assert kinds == [
        {"sponsorTermId": "FILE_TYPE.csv"},
        {"sponsorTermId": "FILE_TYPE.html"},
        {"controlledTerm": "rtf"},
    ]


def test_the_same_event_has_the_same_bytes_one_entry_a_line(tmp_path):
    display = read(tmp_path, HEAD + ARMS + "rows: {a: {count: all}, b: {categorical: SEX}}\n")
    first, second = (event_bytes(event_of([display], frames())[0]) for _ in range(2))
    assert first == second
    lines = first.decode().splitlines()
    assert sum(line.startswith('{"id": "T1.') for line in lines) == 3
    assert json.loads(first)["name"] == "Analyses of MINI"
