"""Demographics of the CDISC pilot against its report (14-2.01), adverse events against a count by sets."""

import csv

import pytest

from tests.tlf.frames import FOOTER, ROOT, cells, pilot, study
from tests.tlf.small import HEAD, make
from tlf.run import make_display
from tlf.spec import read_displays

COLUMNS = ("Placebo (N=86)", "Xanomeline Low Dose (N=84)", "Xanomeline High Dose (N=84)", "Total (N=254)")


@pytest.fixture(scope="module")
def made():
    displays = read_displays(ROOT / "cdiscpilot01" / "tlf", study("cdiscpilot01"))
    return {name: make_display(display, pilot(), FOOTER) for name, display in displays.items()}


@pytest.mark.parametrize(
    ("analysis", "label", "row"),
    [
        ("age", "n", ["86", "84", "84", "254"]),
        ("age", "Mean (SD)", ["75.2 (8.59)", "75.7 (8.29)", "74.4 (7.89)", "75.1 (8.25)"]),
        ("age", "Median", ["76.0", "77.5", "76.0", "77.0"]),
        ("age", "Min, Max", ["52, 89", "51, 88", "56, 88", "51, 89"]),
        ("sex", "Male", ["33 (38.4)", "34 (40.5)", "44 (52.4)", "111 (43.7)"]),
        ("sex", "Female", ["53 (61.6)", "50 (59.5)", "40 (47.6)", "143 (56.3)"]),
        ("race", "White", ["78 (90.7)", "78 (92.9)", "74 (88.1)", "230 (90.6)"]),
        ("race", "Black or African American", ["8 (9.3)", "6 (7.1)", "9 (10.7)", "23 (9.1)"]),
        ("race", "American Indian or Alaska Native", ["0", "0", "1 (1.2)", "1 (0.4)"]),
        ("ethnic", "Hispanic or Latino", ["3 (3.5)", "6 (7.1)", "3 (3.6)", "12 (4.7)"]),
    ],
)
def test_demographics_of_the_pilot_are_those_of_its_report(made, analysis, label, row):
    """Counts, mean, SD, median, range as printed in 2006; percentages are counts over 86, 84, 84, 254."""
    found = cells(made["T14.1.1"].files["t_14_1_1.csv"])[analysis, label]
    assert [found[column] for column in COLUMNS] == row


def by_sets():
    """Subjects by class and by (class, term), from plain dictionaries of sets."""
    adsl, adae = pilot()["ADSL"], pilot()["ADAE"]
    arm = {}
    for subject, treatment, safe in zip(adsl["USUBJID"], adsl["TRT01A"], adsl["SAFFL"], strict=True):
        if safe == "Y":
            arm[subject] = treatment
    found = {}
    columns = ("USUBJID", "TRTEMFL", "AEBODSYS", "AEDECOD")
    for subject, emergent, organ, term in zip(*(adae[name] for name in columns), strict=True):
        if emergent == "Y" and subject in arm:
            for key in ((), (organ,), (organ, term)):
                found.setdefault(key, set()).add(subject)
    return arm, found


def test_adverse_events_equal_a_count_by_sets_in_every_cell(made):
    arm, found = by_sets()
    lines = made["T14.3.1"].files["t_14_3_1.csv"].decode().splitlines()
    rows = list(csv.DictReader(lines))
    assert len(rows) == len(found)
    organ = ""
    for row in rows:
        if row["analysis"] == "any":
            key = ()
        elif row["indent"] == "0":
            organ, key = row["label"], (row["label"],)
        else:
            key = (organ, row["label"])
        for column in COLUMNS:
            treatment, size = column.split(" (N=")[0], int(column.split("N=")[1][:-1])
            count = sum(treatment in (arm[subject], "Total") for subject in found[key])
            percent = (count * 1000 * 2 + size) // (2 * size) / 10
            expected = "0" if count == 0 else f"{count} ({percent:.1f})"
            assert row[column] == expected, (key, column)


def test_classes_and_terms_fall_by_number_of_subjects_then_stand_by_alphabet(made):
    _, found = by_sets()
    lines = made["T14.3.1"].results.fillna({"parent": ""})
    terms = lines[(lines["analysis"] == "terms") & (lines["group"] == "Total") & (lines["statistic"] == "n")]
    expected = []
    for (organ,) in sorted((k for k in found if len(k) == 1), key=lambda k: (-len(found[k]), k)):
        expected.append(("", organ))
        inner = [key for key in found if len(key) == 2 and key[0] == organ]
        expected += sorted(inner, key=lambda key: (-len(found[key]), key[1]))
    assert list(zip(terms["parent"], terms["level"], strict=True)) == expected


def test_a_subject_with_many_events_of_a_term_is_behind_its_cell_once(made):
    subjects = made["T14.3.1"].subjects
    assert not subjects.duplicated().any()
    _, found = by_sets()
    cell = subjects[(subjects["level"] == "PRURITUS") & (subjects["group"] == "Total")]
    assert set(cell["USUBJID"]) == found["SKIN AND SUBCUTANEOUS TISSUE DISORDERS", "PRURITUS"]


SEVERITY = {"MILD": 1.0, "MODERATE": 2.0, "SEVERE": 3.0}
BY_SEVERITY = (
    HEAD
    + """\
columns:
  by: TRT01A
  levels: [Placebo, Xanomeline Low Dose, Xanomeline High Dose]
  each:
    S1: {label: Mild, where: {SEVERITY: 1}}
    S2: {label: Moderate, where: {SEVERITY: 2}}
    S3: {label: Severe, where: {SEVERITY: 3}}
    ANY: Any
records: {from: ADAE}
rows:
  all:   {count: all, worst: SEVERITY, show: n, label: ALL}
  teae:  {count: {TRTEMFL: Y}, show: events, label: TEAE}
  terms: {nested: [AEBODSYS, AEDECOD], worst: SEVERITY, show: n}
"""
)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    frames = pilot()
    adae = frames["ADAE"].assign(SEVERITY=frames["ADAE"]["AESEV"].map(SEVERITY).astype("float64"))
    made = make(tmp_path_factory.mktemp("pilot"), BY_SEVERITY, ADSL=frames["ADSL"], ADAE=adae)
    return list(csv.DictReader(made.files["t_1.csv"].decode().splitlines()))


@pytest.mark.parametrize(
    ("label", "counts"),
    [
        ("ALL", ["7", "16", "8"]),
        ("CARDIAC DISORDERS", ["3", "0", "1"]),
        ("GENERAL DISORDERS AND ADMINISTRATION SITE CONDITIONS", ["0", "7", "0"]),
        ("APPLICATION SITE IRRITATION", ["0", "3", "0"]),
        ("NERVOUS SYSTEM DISORDERS", ["0", "3", "4"]),
        ("SYNCOPE", ["0", "2", "1"]),
    ],
)
def test_severe_events_of_the_pilot_are_those_that_r2rtf_prints(graded, label, counts):
    """R package r2rtf 1.0.1, "Participants with Severe Adverse Events" of the pilot, read as N=86, 84, 84."""
    line = next(row for row in graded if row["label"] == label)
    assert [line[f"{column} | Severe"] for column in COLUMNS[:3]] == counts


def test_events_of_the_pilot_are_those_of_the_first_line_of_its_report(graded):
    """Pilot report, 14-5.01, any body system: 65 (75.6%) [281] and 76 (90.5%) [433]."""
    line = next(row for row in graded if row["label"] == "TEAE")
    assert line["Placebo (N=86) | Any"] == "65 (75.6) [281]"
    assert line["Xanomeline High Dose (N=84) | Any"] == "76 (90.5) [433]"


def test_every_cell_by_maximum_severity_equals_a_count_by_sets(graded):
    """Each subject's highest severity of a class or term from plain dictionaries."""
    arm, highest = by_sets()[0], {}
    names = ("USUBJID", "AEBODSYS", "AEDECOD", "AESEV")
    for subject, organ, term, severity in zip(*(pilot()["ADAE"][name] for name in names), strict=True):
        for key in ((organ, ""), (organ, term)):
            if subject in arm:
                known = highest.setdefault(key, {}).get(subject, 0)
                highest[key][subject] = max(known, SEVERITY[severity])
    organ, seen = "", 0
    for row in (one for one in graded if one["analysis"] == "terms"):
        organ = row["label"] if row["indent"] == "0" else organ
        who = highest[organ, "" if row["indent"] == "0" else row["label"]]
        seen += 1
        for column in COLUMNS[:3]:
            inside = [grade for subject, grade in who.items() if arm[subject] == column.split(" (N=")[0]]
            for grade, part in enumerate(("Mild", "Moderate", "Severe"), 1):
                assert row[f"{column} | {part}"] == str(inside.count(grade)), (organ, row["label"], column)
            assert row[f"{column} | Any"] == str(len(inside))
    assert seen == len(highest)
