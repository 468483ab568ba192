"""T14.1.1 to T14.1.6 on the worked subjects and what is drawn beside them: cells counted by hand."""

import pytest

from tests.tables import table
from tests.tlf.beside import others
from tests.tlf.frames import FOOTER, ROOT, cells, study, worked
from tlf.run import make_display
from tlf.spec import read_displays

TOTAL = "Total (N=12)"


@pytest.fixture(scope="module")
def displays():
    return read_displays(ROOT / "rd1302" / "tlf", study("rd1302"))


def shown(display, adam, header=TOTAL):
    """The cells of the one column, by (row, label)."""
    made = make_display(display, adam, FOOTER)
    return {key: line[header] for key, line in cells(made.files[f"{display.stem}.csv"]).items()}


def with_adsl(**columns):
    """The worked datasets with values of ADSL changed: a column, then {number of the subject: value}."""
    adam = worked()
    adsl = adam["ADSL"]
    for name, values in columns.items():
        numbers = adsl["USUBJID"].str[-2:]
        new = numbers.map(values)
        adsl = adsl.assign(**{name: adsl[name].mask(numbers.isin(values), new.astype(adsl[name].dtype))})
    return {**adam, **others(), "ADSL": adsl}


def test_a_screen_failure_has_the_reason_of_the_page_and_a_failure_before_a_second_screening_none(displays):
    """Subject 01 failed once for eligibility and was enrolled later; 02 and 03 are made failures here."""
    adam = with_adsl(ARMNRS={"02": "SCREEN FAILURE", "03": "SCREEN FAILURE"}, ENRLFL={"02": "N", "03": "N"})
    adam["DS"] = table("""
        USUBJID       | DSTERM            | DSDECOD
        RD1302-01-001 | Eligibility       | SCREEN FAILURE
        RD1302-01-002 | Consent withdrawn | SCREEN FAILURE
        RD1302-01-003 | Moved away        | SCREEN FAILURE
        RD1302-01-003 | Death             | DEATH
        """)
    found = shown(displays["T14.1.1"], adam)
    assert found["failures", "Screen failure, n (%)"] == "2 (16.7)"
    reasons = {label: text for (name, label), text in found.items() if name == "failed_for"}
    assert reasons == {"Eligibility": "0", "Consent withdrawn": "1 (8.3)", "Death": "0", "Other": "1 (8.3)"}


def test_one_enrolled_and_not_ended_still_awaits_the_infusion(displays):
    found = shown(displays["T14.1.1"], with_adsl(SAFFL={"01": "N"}))
    assert found["why_not", "Infusion still awaited"] == "1"
    assert found["why_not", "Lost to follow-up"] == "0"


def sets(found):
    """For each set of T14.1.2 its excluded, and the reasons below it."""
    groups, last = {}, ""
    for (name, label), text in found.items():
        count = int(text.split(" ")[0])
        if name.startswith("not_"):
            groups[last := name] = [count]
        elif label.endswith("n (%)") or label == "Enrolled":
            last = ""
        elif last:
            groups[last].append(count)
    return groups


def test_the_reasons_of_every_set_add_up_to_its_excluded_and_each_reason_is_reached(displays):
    """D.2. 01 never infused without LD, 02 with LD; 03 no disease; 05 marrow missing; 06 not adequate."""
    adam = with_adsl(
        LDFL={"01": "N"},
        SAFFL={"01": "N", "02": "N"},
        EFFFL=dict.fromkeys(("01", "02", "03", "05"), "N"),
        BLBLAST={"03": 4.9, "05": None, "08": None},
        EVALFL=dict.fromkeys(("01", "02", "03", "05", "06"), "N"),
        MRDEVFL=dict.fromkeys(("01", "02", "03", "05", "08", "09"), "N"),
        RSPFL=dict.fromkeys(("01", "02", "03", "05", "06"), "N"),
        CRFL=dict.fromkeys(("01", "02", "03", "05", "06", "08"), "N"),
        DLTEVFL=dict.fromkeys(("01", "02", "03", "04", "05", "10"), "N"),
        DOSEPCT={"03": 79.9, "04": 80.0, "05": None, "10": 80.0},
        FUDUR={"04": 28.0, "10": 29.0},
        PKFL=dict.fromkeys(("01", "02", "08"), "N"),
        PPFL=dict.fromkeys(("01", "02", "08", "09"), "N"),
    )
    found = sets(shown(displays["T14.1.2"], adam))
    assert found["not_safety"] == [2, 1, 1]
    assert found["not_efficacy"] == [4, 2, 1, 1]
    assert found["not_evaluable"] == [5, 4, 1]
    assert found["not_mrd"] == [8, 4, 1, 3]  # 04 and 12 beside those above have no NEG or POS in D.12
    assert found["not_dlt"] == [6, 2, 2, 1, 1]
    for excluded, *reasons in found.values():
        if reasons:
            assert excluded == sum(reasons)
            assert all(reasons)


def test_marrow_blasts_of_five_percent_are_involved_and_less_or_none_are_not(displays):
    """D.2 MRDEVFL; 04 and 12 of D.12 have no NEG or POS; 06 has 4.9, 09 has 5, 08 no blasts known."""
    found = shown(displays["T14.1.2"], with_adsl(MRDEVFL={"06": "N", "08": "N", "09": "N"}))
    assert found["no_marrow", "Marrow not known to be involved at baseline"] == "2 (16.7)"
    assert found["no_sample", "No negative or positive marrow MRD result after infusion"] == "3 (25.0)"


def test_deviations_are_counted_as_subjects_and_as_deviations(displays):
    """01: major dosing, twice minor window; 02: minor window; 03: not classified."""
    found = shown(displays["T14.1.3"], worked())
    assert found["any", "Any protocol deviation, n (%) [deviations]"] == "3 (25.0) [5]"
    assert found["impact", "Major"] == "1 (8.3) [1]"
    assert found["impact", "Minor"] == "2 (16.7) [3]"
    assert found["impact", "Not classified"] == "1 (8.3) [1]"
    assert found["class.MAJOR.category", "Dosing"] == "1 (8.3) [1]"
    assert found["class.MINOR.category", "Dosing"] == "0"
    assert found["class.MINOR.category", "Visit window"] == "2 (16.7) [3]"


def test_weight_has_the_decimals_of_the_scale_and_a_missing_performance_status_a_line(displays):
    found = shown(displays["T14.1.4"], worked())
    assert found["weight", "Mean (SD)"] == "50.50 (0.000)"
    assert found["weight", "Min, Max"] == "50.5, 50.5"
    assert found["height", "Mean (SD)"] == "170.0 (0.00)"
    assert [found["ecog", label] for label in ("0", "1", "2", "Missing")] == [
        "8 (66.7)", "2 (16.7)", "1 (8.3)", "1 (8.3)",
    ]  # fmt: skip


def test_time_since_diagnosis_is_from_the_diagnosis_to_consent(displays):
    """D.10: 365, 184, 1 and 0 days / 30.4375: 11.99, 6.05, 0.03, 0.00; the median 92.5 days = 3.04."""
    found = shown(displays["T14.1.5"], {**worked(), "ADLB": others()["ADLB"]})
    assert found["months", "n"] == "4"
    assert found["months", "Median"] == "3.04"
    assert found["months", "Min, Max"] == "0.00, 11.99"


def test_four_prior_lines_and_more_share_a_line_and_none_is_told(displays):
    found = shown(displays["T14.1.5"], {**worked(), "ADLB": others()["ADLB"]})
    lines = {label: text for (name, label), text in found.items() if name == "lines_n" and text}
    assert lines == {"1": "8 (66.7)", "2": "1 (8.3)", "3": "1 (8.3)", ">=4": "2 (16.7)", "Missing": "0"}
    made = make_display(displays["T14.1.5"], with_adsl(NPRLINES={"01": 0.0}), FOOTER)
    assert made.findings["text"].tolist() == [
        "T14.1.5.lines_n: 1 value(s) of ADSL.NPRLINES have no level in the spec; each has a line of its own"
    ]


def test_prior_therapy_and_baseline_disease(displays):
    found = shown(displays["T14.1.5"], {**worked(), "ADLB": others()["ADLB"]})
    assert found["hsct", "Prior HSCT, n (%)"] == "2 (16.7)"
    assert [found["donor", label] for label in ("Allogeneic", "Autologous", "Donor not stated")] == [
        "1 (8.3)", "1 (8.3)", "0",
    ]  # fmt: skip
    assert found["cart", "Prior CAR-T, n (%)"] == "1 (8.3)"
    assert found["blood", "n"] == "2"
    assert found["blood_n", "Blasts in the blood, n (%)"] == "1 (8.3)"
    assert found["emd", "Extramedullary disease, n (%)"] == "2 (16.7)"
    assert found["sites", "Lymph node"] == "1 (8.3)"
    assert found["sites", "Skin"] == "0"
    assert [found["etp", label] for label in ("Yes", "No", "Unknown")] == ["1 (8.3)", "10 (83.3)", "1 (8.3)"]


def test_a_dose_at_either_end_of_the_tolerance_is_within_it(displays):
    """dose_tolerance_pct, both ends included: 80 and 120 are, 79.9 and 120.1 are not."""
    found = shown(displays["T14.1.6"], worked())
    assert found["within", "Within 20% of the planned dose, n (%)"] == "2 (16.7)"
    assert found["drug.FLU.days", "Mean (SD)"] == "2.5 (0.71)"
    assert found["interrupted", "Infusion interrupted, n (%)"] == "1 (8.3)"


def test_an_infusion_on_the_next_day_is_the_same_and_one_on_the_day_after_is_a_second(displays):
    """Decision 25: day 2 is of the first infusion (02), day 3 is not (03); a dose of 0 is none."""
    assert shown(displays["T14.1.6"], worked())["second", "Second infusion, n (%) [d]"] == "1 (8.3)"
