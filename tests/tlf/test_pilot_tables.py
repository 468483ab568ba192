"""Demographics of the CDISC pilot against its report (14-2.01), adverse events against a count by sets."""

import pytest

from tests.tlf.frames import FOOTER, ROOT, cells, pilot, study
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
    import csv

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
