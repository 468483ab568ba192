"""RELREC, TS and TI of rd1302 [C.5]."""

from __future__ import annotations

from clinical.standards import read_standards
from tests.studies.rd1302 import ROOT, STUDY
from tests.studies.rd1302_domains.domain import domain, plan
from tests.tables import assert_table

AE = """
    Subject | RecordPosition | AETERM | AEPT                      | AESTDAT    | AEENDAT    | AEGR_STD | AESI_STD | AEGRPID | AEOUT_STD
    01-001  | 1              | crs    | Cytokine release syndrome | 2024-03-16 | 2024-03-18 | 2        | 1        | G1      | 1
    01-001  | 2              | rash   | Rash                      | 2024-03-17 |            | 1        | 0        |         | 3
    01-001  | 3              | sepsis | Sepsis                    | 2024-06-20 | 2024-06-30 | 5        | 6        |         | 5
    """
LAST_KEY = {"DS": "DSSCAT", "RS": "RSSPID", "PC": "VISITNUM"}
PAGES = {
    "AE": AE,
    "CM": """
    Subject | RecordPosition | CMTRT       | CMSTDAT    | CMAENO
    01-001  | 1              | tocilizumab | 2024-03-17 | 1, 2
    01-001  | 2              | cetirizine  | 2024-03-17 | 2
    01-001  | 3              | water       | 2024-03-17 |
    01-001  | 4              | ointment    | 2024-03-17 | 9
    """,
    "NACT": """
    Subject | RecordPosition | NATYPE_STD | NATRT | NASTDAT    | NAREAS_STD
    01-001  | 1              | 1          | FLAG  | 2024-05-10 | 1
    01-001  | 2              | 1          | Vin   | 2024-04-12 | 1
    01-001  | 3              | 1          | Asp   | 2024-06-01 | 2
    """,
    "RS": """
    Subject | Folder | RSDAT      | RSOVR_STD
    01-001  | D28    | 2024-04-12 | 3
    01-001  | UNS    | 2024-04-20 | 6
    01-001  | W8     | 2024-05-10 | 7
    01-001  | W12    | 2024-06-07 | 6
    """,
    "DS": """
    Subject | Folder | DSTYPE_STD | DSDAT      | DSSTAT_STD | DSREAS_STD
    01-001  | D28    | EOT        | 2024-06-30 | 2          | 1
    01-001  | EOS    | EOS        | 2024-06-30 | 2          | 1
    """,
    "CRS": """
    Subject | RecordPosition | CRDAT      | CRGR_STD
    01-001  | 1              | 2024-03-16 | 2
    """,
}


def test_records_are_related_pair_by_pair():
    """C.5. Sequence numbers by the keys of C.6.

    AE by start: crs 1, rash 2, sepsis 3. CM by category and name: cetirizine 1, ointment 2, tocilizumab 3, water 4,
    then Asp 5, FLAG 6, Vin 7. RS by visit: 1 PR, 2 PD (11.1), 3 relapse (week 8), 4 PD (week 12). DS by date and
    category: consent 1, eligible 2, entered 3, then the two ends of 2024-06-30, DEATH, first the one of participation
    by DSSCAT: 4; of treatment: 5. FLAG began on the day of the relapse, which counts; Vin before any progression.
    """
    got = domain("RELREC", more=("CM", "AE", "RS", "DS"), **PAGES)
    assert got.derived.outputs["CM"].frame["CMTRT"].tolist() == [
        "cetirizine", "ointment", "tocilizumab", "water", "Asp", "FLAG", "Vin",
    ]  # fmt: skip
    records = got.frame[got.frame["USUBJID"].notna()]
    assert_table(
        records,
        """
        USUBJID       | RDOMAIN | IDVAR | IDVARVAL | RELTYPE | RELID
        RD1302-01-001 | AE      | AESEQ | 1        |         | AECM-1
        RD1302-01-001 | CM      | CMSEQ | 3        |         | AECM-1
        RD1302-01-001 | AE      | AESEQ | 2        |         | AECM-2
        RD1302-01-001 | CM      | CMSEQ | 1        |         | AECM-2
        RD1302-01-001 | AE      | AESEQ | 2        |         | AECM-3
        RD1302-01-001 | CM      | CMSEQ | 3        |         | AECM-3
        RD1302-01-001 | AE      | AESEQ | 3        |         | AEDS-1
        RD1302-01-001 | DS      | DSSEQ | 4        |         | AEDS-1
        RD1302-01-001 | CM      | CMSEQ | 6        |         | CMRS-1
        RD1302-01-001 | RS      | RSSEQ | 3        |         | CMRS-1
        """,
    )
    got.asks("sdtm.no-event")
    shown = got.findings[["value", "form", "subject", "folder", "line", "field", "text"]].values.tolist()
    said = "the medication names a line that is no adverse event of the subject; they are not related"
    assert shown == [["9", "CM", "01-001", "LOG", "4", "CMAENO", said]]


def test_datasets_are_related_where_both_sides_have_rows():
    """C.5: events and findings about them share a group; there are no lesions, so nothing is said of them."""
    got = domain("RELREC", **PAGES)
    assert_table(
        got.frame[got.frame["USUBJID"].isna()],
        """
        USUBJID | RDOMAIN | IDVAR   | IDVARVAL | RELTYPE | RELID
                | AE      | AEGRPID |          | MANY    | AEFA
                | FA      | FAGRPID |          | MANY    | AEFA
        """,
    )
    got = domain(
        "RELREC",
        LES="""
        Subject | Folder | RecordPosition | LESID | LESTYPE_STD | LESDAT     | LESSTATE_STD
        01-001  | W8     | 1              | NT01  | NT          | 2024-05-10 | PRESENT
        """,
        RS="""
        Subject | Folder | RSDAT      | RSOVR_STD
        01-001  | W8     | 2024-05-10 | 1
        """,
    )
    assert_table(
        got.frame,
        """
        RDOMAIN | IDVAR    | RELTYPE | RELID
        RS      | RSLNKGRP | MANY    | RSTR
        TR      | TRLNKGRP | MANY    | RSTR
        TR      | TRLNKID  | MANY    | TUTR
        TU      | TULNKID  | ONE     | TUTR
        """,
    )


def test_the_trial_summary_has_the_parameters_of_the_design_with_null_flavours():
    """C.5: 2024-03-01 is the first consent; one subject was exposed; a null flavour only without a value."""
    frame = domain("TS").frame
    values = frame.set_index(["TSPARMCD", "TSSEQ"])["TSVAL"]
    assert values["SSTDTC", 1] == "2024-03-01"
    assert values["ACTSUB", 1] == "1"
    assert values["DCUTDTC", 1] == "2025-06-30"
    assert values["DOSE", 2] == "10"
    assert values["DOSU", 4] == "10^6 Therapeutic Cells/kg"
    flavours = frame.loc[frame["TSVALNF"].notna(), ["TSPARMCD", "TSVALNF"]].values.tolist()
    assert flavours == [
        ["CURTRT", "NA"],
        ["PCLAS", "NI"],
        ["REGID", "UNK"],
        ["SENDTC", "NAV"],
        ["SPONSOR", "NI"],
    ]
    assert (frame["TSVAL"].isna() == frame["TSVALNF"].notna()).all()
    assert (frame["TSPARMCD"] == "OUTMSSEC").sum() == 6
    assert not {"RANDQT", "STRATFCT", "COMPTRT", "CRMDUR", "SDMDUR"} & set(frame["TSPARMCD"])
    coded = frame[frame["TSVCDREF"] == "CDISC CT"]
    assert set(coded["TSVCDVER"]) == {"2025-03-28"}
    lists = {"N": "C49487", "Y": "C49488", "ONCE": "C64576", "INTRAVENOUS": "C38276"}
    assert all(
        lists.get(value, code) == code for value, code in zip(coded["TSVAL"], coded["TSVALCD"], strict=True)
    )


def test_every_parameter_that_the_design_names_is_in_the_trial_summary():
    text = (ROOT / "docs" / "design" / "study_rd13_02.md").read_text("utf-8")
    said = text[text.index("**TS** (FDA list") : text.index("SENDTC while ongoing")]
    known = set(plan().study.terms.codelist("TSPARMCD").values)
    words = {word.strip("`(),.:;") for word in said.replace("/", " ").split()}
    assert (words & known) - {"TS"} <= set(domain("TS").frame["TSPARMCD"])


def test_sort_keys_are_those_of_the_design():
    """C.6, as far as the variables are there; a key after them tells records apart that are equal in all of them."""
    text = (ROOT / "docs" / "design" / "study_rd13_02.md").read_text("utf-8")
    lines = text[text.index("| DM | – |") : text.index("Nulls sort first")].splitlines()
    stated = {
        name: dataset.keys[2:] for name, dataset in plan().study.datasets.items() if dataset.layer == "sdtm"
    }
    known = read_standards(STUDY.parent / "library", STUDY)
    for line in lines:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 2 or ":" in cells[0] or "SUPP" in cells[0]:
            continue
        for name in cells[0].split(", "):
            if name not in stated:
                assert name == "PP", name
                continue
            wanted = [
                word.replace("--", name)
                for word in cells[1].replace("–", "").split()
                if not word.startswith("(")
            ]
            wanted = [
                word for word in wanted if word not in ("where", "present)", "must", "be", "chronological)")
            ]
            wanted = [word for word in wanted if word in known[name].variables]
            given = [key for key in stated[name] if key != LAST_KEY.get(name)]
            assert given == [word for word in wanted if word in given], name
            left = {word.removeprefix(name) for word in wanted} - {key.removeprefix(name) for key in given}
            assert left <= {"CAT", "TPTNUM", "REFID", "SPEC", "MOOD"}, (name, left)
