"""Coded fields: text and code brought into agreement."""

from __future__ import annotations

import pytest

from tests.edc.deliver import SYSTEM, assert_others_read, deliver, rows, texts

FORM = """
form: RS
read: {csv: edc_csv/RS.csv}
fields:
  RSOVR: {type: code, label: Overall, codes: {1: CR, 2: [CRi, incomplete remission], 3: PR}}
"""


def rs(place, *values: str, columns: str = "RSOVR,RSOVR_STD", form: str = FORM):
    lines = rows(*[f"01-{number:03d}: {value}" for number, value in enumerate(values, start=1)])
    extract = deliver(place, {"RS": form}, {"edc_csv/RS.csv": f"{SYSTEM},{columns}\n{lines}"})
    assert_others_read(extract)
    return extract


def both(extract) -> list[tuple[str, str]]:
    frame = extract.frames["RS"].fillna("")
    return list(zip(frame["RSOVR"], frame["RSOVR_STD"], strict=True))


def test_text_and_code_that_agree_are_kept(tmp_path):
    extract = rs(tmp_path, "CR,1", "CRi,2", ",")
    assert both(extract) == [("CR", "1"), ("CRi", "2"), ("", "")]
    assert extract.findings.empty


@pytest.mark.parametrize("text", [" cri", "CRI ", "Ｃｒｉ", "Incomplete  Remission", "2"])
def test_without_code_it_is_looked_up_whatever_case_and_blanks(tmp_path, text):
    """B-DIRT-3."""
    for columns, value in (("RSOVR,RSOVR_STD", f"{text},"), ("RSOVR", text)):
        extract = rs(tmp_path, value, columns=columns)
        assert both(extract) == [("CRi", "2")]
        assert extract.findings.empty


def test_a_code_alone_gives_its_text(tmp_path):
    """B-EQUIV: ODM carries the code and no text."""
    assert both(rs(tmp_path, "2", columns="RSOVR_STD")) == [("CRi", "2")]


def test_where_text_and_code_disagree_the_code_wins_and_there_is_a_finding(tmp_path):
    """B-DIRT-4."""
    extract = rs(tmp_path, "CR,3", "complete,1", "cr,1")
    assert both(extract) == [("PR", "3"), ("CR", "1"), ("CR", "1")]
    found = extract.findings
    assert found["text"].unique().tolist() == [
        "RSOVR shows another answer than the one its code stands for; the code is kept"
    ]
    assert found["value"].tolist() == ["CR (code 3)", "complete (code 1)"]
    assert found[["rule", "severity"]].drop_duplicates().to_numpy().tolist() == [["B-DIRT-4", "warning"]]


def test_an_unknown_code_gives_no_code_keeps_the_text_and_is_a_finding(tmp_path):
    extract = rs(tmp_path, "MRD,9", "CR,9")
    assert both(extract) == [("MRD", ""), ("CR", "")]
    assert texts(extract, "raw.code-unknown") == ["the code of RSOVR is not in the list"] * 2
    assert extract.findings["value"].tolist() == ["MRD (code 9)", "CR (code 9)"]


def test_what_text_and_code_both_say_is_shown_once(tmp_path):
    """Also where there is a code alone."""
    extract = rs(tmp_path, "9,9", ",8")
    assert extract.findings["value"].tolist() == ["9", "8"]


def test_an_unknown_text_without_code_keeps_the_row_and_is_a_finding(tmp_path):
    """B-DIRT-3."""
    extract = rs(tmp_path, "remission,", "CR,1")
    assert both(extract) == [("remission", ""), ("CR", "1")]
    assert texts(extract, "raw.text-unknown") == ["the answer in RSOVR is none of its list"]
    assert extract.findings["value"].tolist() == ["remission"]


def test_a_field_without_list_takes_any_code_and_without_code_its_text(tmp_path):
    form = FORM.replace(", codes: {1: CR, 2: [CRi, incomplete remission], 3: PR}", "")
    extract = rs(tmp_path, "CR,1", "odd,", form=form)
    assert both(extract) == [("CR", "1"), ("odd", "odd")]
    assert extract.findings.empty


def test_a_list_of_codes_alone_is_text_and_code_at_once(tmp_path):
    form = FORM.replace("{1: CR, 2: [CRi, incomplete remission], 3: PR}", "[CR, CRi]")
    extract = rs(tmp_path, "cr", "CRi", columns="RSOVR", form=form)
    assert both(extract) == [("CR", "CR"), ("CRi", "CRi")]


def test_a_column_of_another_name_has_its_code_beside_it(tmp_path):
    form = FORM.replace("{type: code,", "{type: code, column: IT.OVR,")
    assert both(rs(tmp_path, "CR,1", columns="IT.OVR,IT.OVR_STD", form=form)) == [("CR", "1")]
