"""The safety tables of rd1302 on drawn records; every cell is counted by hand from the drawing."""

import pytest

from clinical.errors import SpecErrors
from clinical.read import Mapping, Text
from tests.tables import table
from tests.tlf.frames import FOOTER, ROOT, cells, study
from tlf.run import make_display
from tlf.spec import read_displays

DL1, DL2 = "RD13-02 1x10^7 CAR+ T cells/kg", "RD13-02 2x10^7 CAR+ T cells/kg"
ADSL = f"""
    USUBJID | SAFFL | TRT01A | DLTEVFL | DLTFL | DTHFL | DTHADY | DTHCAT
    P1      | Y     | {DL1}  | Y       | N     |       |        |
    P2      | Y     | {DL1}  | Y       | N     | Y     | 29     | DISEASE
    P3      | Y     | {DL1}  | Y       | Y     | Y     | 30     | ADVERSE EVENT RELATED
    P4      | Y     | {DL2}  | Y       | Y     | Y     | 366    | UNKNOWN
    P5      | Y     | {DL2}  | Y       | Y     | Y     | 367    | HSCT RELATED
    P6      | Y     | {DL2}  | N       | N     |       |        |
    """
HEAD = "USUBJID|AEDECOD|AEBODSYS|AEGRPID|ACOLLFL|ATOXGR|ATOXGRN|TRTEMFL|LDEMFL|AESER|RELGR1|DLTFL"
HEAD += "|AEOUT|ASTDY|ADURN|AENDT|CQ01NAM|CQ02NAM|CQ03NAM|CQ04NAM|CQ05NAM|CQ06NAM|CQ07NAM|CQ08NAM"
CRS, RESOLVED = "Cytokine release syndrome", "RECOVERED/RESOLVED"
ADAE = f"""
    {HEAD}
    P1|{CRS}|Immune|C1|Y|3|3|Y||N|RELATED||{RESOLVED}|2|9|2024-01-10|CRS|||||||
    P1|{CRS}|Immune|C1||2|2|Y||N|RELATED||{RESOLVED}|3|1|2024-01-04|CRS|||||||
    P2|{CRS}|Immune|C1|Y|4|4|Y||Y|RELATED||FATAL|5|25|2024-01-29|CRS|||||||
    P3|{CRS}|Immune|C1|Y|2|2|Y||N|RELATED|Y||7|||CRS|||||||
    P3|Fever|General||Y|1|1||Y|N|NOT RELATED||{RESOLVED}|-3|1|2024-01-01||||||||
    P4|Fever|General||Y|5|5|Y||Y|NOT RELATED|Y|FATAL|40|1|2024-02-01||||||||
    P4|Fever|General||Y|3|3|Y||N|RELATED||{RESOLVED}|41|1|2024-02-02||||||||
    P5|Rash|Skin||Y|3|3|Y||N|RELATED|Y|{RESOLVED}|4|1|2024-01-05||||||||
    """


@pytest.fixture(scope="module")
def displays():
    return read_displays(ROOT / "rd1302" / "tlf", study("rd1302"))


@pytest.fixture(scope="module")
def adae():
    return table(ADAE, DLTFL="Char", ADURN="Num", ASTDY="Num", ATOXGRN="Num")


def made(display, **frames):
    return cells(make_display(display, frames, FOOTER).files[f"{display.stem}.csv"])


def row(found, analysis, label):
    return [text for header, text in found[analysis, label].items() if "(N=0)" not in header]


def test_the_overview_counts_subjects_percentages_and_collapsed_events(displays, adae):
    """D.5: P1's two rows are one event; P3's fever before the infusion is no TEAE; 5 of 6 are 83.3 %."""
    found = made(displays["T14.3.1"], ADSL=table(ADSL), ADAE=adae)
    assert row(found, "any", "Any TEAE") == ["3 (100) [3]", "2 (66.7) [3]", "5 (83.3) [6]"]
    assert row(found, "severe", "TEAE of grade >=3") == ["2 (66.7) [2]", "2 (66.7) [3]", "4 (66.7) [5]"]
    assert row(found, "fatal", "TEAE of grade 5") == ["0", "1 (33.3) [1]", "1 (16.7) [1]"]
    assert row(found, "serious", "Serious TEAE") == ["1 (33.3) [1]", "1 (33.3) [1]", "2 (33.3) [2]"]
    assert row(found, "related3", "Related TEAE of grade >=3 [a]") == [
        "2 (66.7) [2]",
        "2 (66.7) [2]",
        "4 (66.7) [4]",
    ]
    assert row(found, "aesi.CQ01NAM", "Cytokine release syndrome") == ["3 (100) [3]", "0", "3 (50.0) [3]"]
    assert row(found, "ld", "Adverse event from lymphodepletion to infusion [c]") == [
        "1 (33.3) [1]",
        "0",
        "1 (16.7) [1]",
    ]


def test_terms_by_maximum_grade(displays, adae):
    """E.2: P1 (grades 2 and 3) in grade 3 alone, P4 (3 and 5) in grade 5 alone; both are >=3."""
    found = made(displays["T14.3.2"], ADSL=table(ADSL), ADAE=adae)
    total = {label.split(" | ")[1]: text for label, text in found["terms", CRS].items() if "Total" in label}
    assert total == {
        "Grade 1": "0", "Grade 2": "1 (16.7)", "Grade 3": "1 (16.7)", "Grade 4": "1 (16.7)", "Grade 5": "0",
        "Any": "3 (50.0)", ">=3": "2 (33.3)",
    }  # fmt: skip
    fever = {label.split(" | ")[1]: text for label, text in found["terms", "Fever"].items() if "DL2" in label}
    assert (fever["Grade 3"], fever["Grade 5"], fever["Any"], fever[">=3"]) == ("0", *["1 (33.3)"] * 3)


def test_dose_limiting_toxicities_and_the_3_plus_3_decision(displays, adae):
    """A.3: 1 of 3 expands to 6; 2 of 2 stops; exact limits of 1 of 3 by Clopper-Pearson: 0.8 and 90.6."""
    found = made(displays["T14.3.5"], ADSL=table(ADSL), ADAE=adae)
    assert row(found, "evaluable", "DLT-evaluable subjects") == ["3", "2", "5"]
    assert row(found, "dlt", "Subjects with DLT, n (%)") == ["1 (33.3)", "2 (100)", "3 (60.0)"]
    assert row(found, "dlt", "95% CI [a]")[0] == "(0.8, 90.6)"
    assert row(found, "terms", CRS) == ["1 (33.3)", "0", "1 (20.0)"]
    assert row(found, "terms", "Grade 5") == ["0", "1 (50.0)", "1 (20.0)"]
    assert row(found, "decision", "Decision by the 3+3 rule [b]") == ["Expand to 6", "Stop", ""]


@pytest.mark.parametrize(
    ("events", "people", "decision"),
    [
        (0, 2, "Enrol to 3"), (1, 2, "Enrol to 3"), (0, 3, "Escalate"), (1, 3, "Expand to 6"),
        (2, 3, "Stop"), (1, 5, "Expand to 6"), (0, 6, "Escalate"), (1, 6, "Escalate"), (2, 6, "Stop"),
        (2, 7, "Not applicable"),
    ],
)  # fmt: skip
def test_every_boundary_of_the_3_plus_3_rule(displays, adae, events, people, decision):
    """A.3: 0/3 escalates, 1/3 expands, 2/3 and 2/6 exceed; 1/6 and more than 6 are the spec's reading."""
    drawn = "\n".join(f"Q{n} | Y | {DL1} | Y | {'Y' if n < events else 'N'}" for n in range(people))
    adsl = table(f"USUBJID | SAFFL | TRT01A | DLTEVFL | DLTFL\n{drawn}")
    found = made(displays["T14.3.5"], ADSL=adsl, ADAE=adae)
    assert row(found, "decision", "Decision by the 3+3 rule [b]")[0] == decision


def test_onset_duration_resolution_and_management_of_crs(displays, adae):
    """Onsets 2, 5, 7; P3 has no end; P2's is fatal. P3 had tocilizumab, P6 too but no CRS."""
    adcm = table("USUBJID|TOCIFL|STERFL|VASOFL|ONTRTFL\nP3|Y|||Y\nP6|Y|||Y")
    fa = table(
        "USUBJID|FATESTCD|FASTRESC|FADY\nP1|HYPOX|NONE|2\nP2|HYPOX|POSITIVE PRESSURE|5\nP3|HYPOX|LOW-FLOW|7"
    )
    found = made(displays["T14.3.6"], ADSL=table(ADSL), ADAE=adae, ADCM=adcm, FA=fa)
    crs = {label: text for (analysis, label), text in found.items() if analysis.startswith("event.CQ01NAM")}
    first = {label: next(iter(text.values())) for label, text in crs.items()}
    assert first["Any, n (%)"] == "3 (100)"
    assert [first[f"Grade {grade}"] for grade in (1, 2, 3, 4, 5)] == ["0", *["1 (33.3)"] * 3, "0"]
    assert found["event.CQ01NAM.onset", "Median (min, max)"]["DL1 (N=3)"] == "5.0 (2, 7)"
    assert found["event.CQ01NAM.duration", "n"]["DL1 (N=3)"] == "2"
    assert found["event.CQ01NAM.duration", "Median (min, max)"]["DL1 (N=3)"] == "17.0 (9, 25)"
    assert (first["Ongoing, n"], first["Resolved, n (%) [c]"]) == ("1", "1 (33.3)")
    assert (first["Tocilizumab"], first["Systemic corticosteroid"]) == ("1 (33.3)", "0")
    assert first["Oxygen or ventilation [e]"] == "2 (66.7)"
    assert first["Positive-pressure ventilation [e]"] == "1 (33.3)"
    assert crs["Tocilizumab"]["Total (N=6)"] == "1 (16.7)"


def test_deaths_by_time_at_both_sides_of_d28_and_of_one_year(displays):
    """A-DAY: D28 is study day 29, D365 study day 366."""
    found = made(displays["T14.3.8"], ADSL=table(ADSL))
    times = [row(found, name, label)[2] for name, label in (
        ("deaths", "Deaths, n (%)"), ("early", "Until D28"), ("year", "D29 to one year (D365)"),
        ("late", "Later than one year"),
    )]  # fmt: skip
    assert times == ["4 (66.7)", "1 (16.7)", "2 (33.3)", "1 (16.7)"]
    assert row(found, "relation", "Not related")[2] == "2 (33.3)"
    assert row(found, "relation", "Unknown")[2] == "1 (16.7)"


def test_a_laboratory_shift_reads_the_flagged_records_alone(displays):
    """D-BASE: P1 goes from 1 before lymphodepletion to 4; no other BASETYPE, no record without a flag."""
    adlb = table("""
        USUBJID | PARAMCD | BASETYPE     | ABLFL | ANL02FL | ANL03FL | ATOXGRL | ATOXGRH
        P1      | NEUT    | PRE-LD       | Y     |         |         | 1       |
        P1      | NEUT    | PRE-LD       |       | Y       |         | 4       |
        P1      | NEUT    | PRE-LD       |       |         |         | 3       |
        P1      | NEUT    | PRE-INFUSION | Y     |         |         | 2       |
        P1      | NEUT    | PRE-INFUSION |       | Y       |         | 4       |
        P1      | PLAT    | PRE-LD       | Y     | Y       |         | 2       |
        P2      | NEUT    | PRE-LD       | Y     |         |         | 0       |
        """)
    found = made(displays["T14.3.9"], ADSL=table(ADSL), ADLB=adlb)
    grade = {
        label: [text[f"DL1 (N=3) | {part}"] for part in ("Grade 0", "Grade 4", "Missing", "Total")]
        for (analysis, label), text in found.items()
        if analysis == "low.NEUT"
    }
    assert grade["Grade 0"] == ["0", "0", "1", "1"]
    assert grade["Grade 1"] == ["0", "1", "0", "1"]
    assert grade["Grade 2"] == ["0", "0", "0", "0"]
    assert grade["Missing"] == ["0", "0", "1", "1"]
    assert grade["Total"] == ["0", "1", "2", "3"]


@pytest.mark.parametrize(("value", "over"), [(450, 0), (451, 1)])
def test_a_qtcf_of_450_is_not_above_450(displays, value, over):
    """D.6: QTcF >450; an increase of exactly 30 ms is not above 30."""
    adeg = table(f"""
        USUBJID | PARAMCD | ABLFL | ANL02FL | AVAL    | CHG
        P1      | QTCFAG  | Y     |         | 420     |
        P1      | QTCFAG  |       | Y       | {value} | {value - 420}
        """)
    advs = table("USUBJID | PARAMCD | ABLFL | ANL01FL | AVISIT | AVAL | CHG\nP1 | PULSE | Y | | | 70 |")
    found = made(displays["T14.3.11"], ADSL=table(ADSL), ADEG=adeg, ADVS=advs)
    expected = "1 (100)" if over else "0"
    assert row(found, "qtcf.450", ">450 ms, n (%)")[2] == expected
    assert row(found, "change.30", ">30 ms, n (%)")[2] == expected
    assert row(found, "vitals.PULSE.base", "Baseline")[2] == "1; 70.0 (-) [70, 70]"


@pytest.mark.parametrize("display", ["T14.3.1", "T14.3.2", "T14.3.3", "T14.3.4", "T14.3.5", "T14.3.8"])
def test_every_count_has_as_many_subjects_behind_it(displays, adae, display):
    frames = {"ADSL": table(ADSL), "ADAE": adae}
    found = make_display(displays[display], frames, FOOTER)
    keys = ["analysis", "parent", "level", "group", "part"]
    counts = found.results[found.results["statistic"] == "n"]
    counts = counts.fillna(dict.fromkeys(keys, "")).set_index(keys)["value"]
    behind = found.subjects.astype("str").fillna("").groupby(keys)["USUBJID"].nunique()
    assert (behind.reindex(counts.index).fillna(0) == counts).all()
    shuffled = {name: frame[::-1].reset_index(drop=True) for name, frame in frames.items()}
    assert make_display(displays[display], shuffled, FOOTER).files == found.files


@pytest.mark.parametrize(
    ("day", "late"),
    [(29, ("0", "0")), (30, ("1 (100)", "0")), (57, ("1 (100)", "0")), (58, ("1 (100)", "1 (100)"))],
)
def test_gvhd_infection_and_cytopenia(displays, day, late):
    """T14.3.7: maximum grade, organs of those with acute GVHD; D28 is day 29 and W8 day 57 [A-DAY]."""
    adsl = table(f"USUBJID | SAFFL | TRT01A\nP1 | Y | {DL1}")
    adae = table(
        "USUBJID|TRTEMFL|AEDECOD|AEHLGT|ATOXGR|ATOXGRN|ASTDY|ACOLLFL|POSTFL"
        "|CQ03NAM|CQ05NAM|CQ06NAM|CQ07NAM|CQ08NAM\n"
        "P1|Y|Acute graft versus host disease||2|2|20|Y||GVHD||||\n"
        "P1|Y|Acute graft versus host disease||3|3|24|||GVHD||||\n"
        "P1||Chronic graft versus host disease||1|1|200|Y|Y|GVHD||||\n"
        "P1|Y|Sepsis|Bacterial infectious disorders|3|3|9|Y|||INFECTION|||\n"
        "P1|Y|Cough|Infections NEC|1|1|9|Y|||INFECTION|||",
        ASTDY="Num", ATOXGRN="Num", POSTFL="Char",
    )  # fmt: skip
    fa = table(
        "USUBJID|FAOBJ|FATESTCD|FASTRESN|FADY\n"
        "P1|ACUTE GRAFT VERSUS HOST DISEASE|STGSKIN|1|20\n"
        "P1|ACUTE GRAFT VERSUS HOST DISEASE|STGLIVER|0|20\n"
        "P1|CHRONIC GRAFT VERSUS HOST DISEASE|STGLGI|2|200",
        FADY="Num",
    )
    adlb = table("""
        USUBJID | PARAMCD | BASETYPE     | LBSPEC | AVISIT | ANL01FL | ATOXGRL | AVALC
        P1      | NEUT    | PRE-INFUSION | BLOOD  | DAY 28 | Y       | 3       |
        P1      | NEUT    | PRE-INFUSION | BLOOD  | DAY 28 |         | 4       |
        P1      | PLAT    | PRE-INFUSION | BLOOD  | DAY 28 | Y       | 2       |
        P1      | PROLCYT |              | BLOOD  | DAY 28 | Y       |         | Y
        """)
    adtte = table(f"USUBJID | PARAMCD | AVAL\nP1 | ANCREC | {day}\nP1 | OS | 400")
    found = made(displays["T14.3.7"], ADSL=adsl, ADAE=adae, FA=fa, ADLB=adlb, ADTTE=adtte)
    total = {key: text["Total (N=1)"] for key, text in found.items()}
    assert [total["acute_grades", f"Grade {grade}"] for grade in ("I", "II", "III", "IV")] == [
        "0",
        "0",
        "1 (100)",
        "0",
    ]
    assert [
        total[f"organ.{organ}", name] for organ, name in (("STGSKIN", "Skin"), ("STGLIVER", "Liver"))
    ] == ["1 (100)", "0"]
    assert total["organ.STGLGI", "Lower gastrointestinal tract"] == "0"
    assert total["acute_onset", "Median (min, max)"] == "20.0 (20, 20)"
    assert total["chronic", "Chronic GVHD, n (%)"] == "0"
    assert total["post", "GVHD after the treatment-emergent time, n (%) [c]"] == "1 (100)"
    assert [total["types3", name] for name in ("Bacterial", "Other or pathogen not specified [d]")] == [
        "1 (100)",
        "0",
    ]
    assert total["low.NEUT.severe", "Low, grade >=3, n (%) [f]"] == "1 (100)"
    assert total["low.PLAT.severe", "Low, grade >=3, n (%) [f]"] == "0"
    assert total["prolcyt", "By laboratory at D28, n (%) [e]"] == "1 (100)"
    shown = [
        total[f"recovery.ANCREC.{by}", f"Neutrophils not recovered by {at}, n (%) [g]"]
        for by, at in (("d28", "D28"), ("w8", "W8"))
    ]
    assert tuple(shown) == late


def test_recovery_counts_and_estimates_of_each_blood_count(displays):
    """D.10: times 10, 20 and 30+ of 3 subjects: median 20, S(15) = 2/3; of nobody nothing is estimable."""
    adtte = table("""
        USUBJID | PARAMCD | AVAL | CNSR | CNSDTDSC
        P1      | ANCREC  | 10   | 0    |
        P2      | ANCREC  | 20   | 0    |
        P3      | ANCREC  | 30   | 1    | DEATH BEFORE RECOVERY
        """)
    found = made(displays["T14.3.10"], ADSL=table(ADSL), ADTTE=adtte)
    total = {key: text["Total (N=6)"] for key, text in found.items()}
    assert total["recovery.ANCREC.low", "Subjects who were low after the infusion, n (%)"] == "3 (50.0)"
    assert total["recovery.ANCREC.recovered", "Recovered, n (%) [c]"] == "2 (66.7)"
    assert total["recovery.ANCREC.reasons", "Death"] == "1 (33.3)"
    assert total["recovery.ANCREC.quantiles", "Median"].startswith("20.0 (")
    assert total["recovery.ANCREC.rates", "15 days"].startswith("66.7 (")
    assert total["recovery.ANCREC.range", "Observed times (days), shortest, longest [+]"] == "10, 30+"
    assert total["recovery.PLTREC.low", "Subjects who were low after the infusion, n (%)"] == "0"
    assert total["recovery.PLTREC.quantiles", "Median"] == "NE"


@pytest.mark.parametrize(
    ("setting", "value", "names"),
    [
        ("dlt_window_days", "42", ("T14.3.1", "T14.3.5")),
        ("dose_tolerance_pct", "25", ("T14.3.5",)),
        ("meddra_version", "27.1", ("T14.3.2", "T14.3.3", "T14.3.4", "T14.3.5", "T14.3.7")),
    ],
)
def test_a_setting_that_a_footnote_does_not_know_is_refused(setting, value, names):
    """Decision 33: what study.yml says stands in no footnote that could be wrong."""
    node = study("rd1302")
    other = Mapping({**node, setting: Text(value, node.line(setting))}, node.at, node.lines)
    with pytest.raises(SpecErrors) as refused:
        read_displays(ROOT / "rd1302" / "tlf", other)
    for name in names:
        assert f"{name}.footnotes" in str(refused.value)
