"""Controlled terminology: rules C-CT, C-CASE, B-DIRT-3."""

from pathlib import Path

import pandas as pd
import pytest

from clinical.errors import SpecError
from clinical.terms import EXTENSION, FOUND, MISSING_IN, NOT_FOUND, Terms, normalise

LIBRARY = Path(__file__).parents[2] / "mappings" / "library"


def text(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


def shown(series: pd.Series) -> list[str | None]:
    return [None if pd.isna(value) else value for value in series]


@pytest.fixture
def study(tmp_path):
    """Writes codelist files of a study and gives its terms."""

    def write(**files: str) -> Terms:
        folder = tmp_path / "mappings" / "mini" / "ct"
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / f"{name}.csv").write_text(content, encoding="utf-8")
        return Terms(LIBRARY, folder.parent)

    return write


def refusal(terms: Terms, name: str) -> str:
    with pytest.raises(SpecError) as refused:
        terms.codelist(name)
    return str(refused.value)


def test_collected_text_is_found_whatever_its_case_blanks_and_width(study):
    """Rule B-DIRT-3: ` cri`, `Cr`, `male `, `complete remission`."""
    terms = study(oncrsr="collected,submission\ncomplete remission,CR\nRelapse,RELAPSED DISEASE\n")
    got, status = terms.look_up(
        text(" cri", "Cr", "COMPLETE  Remission", "ｃｒ", "relapse", None, "CRi"), "ONCRSR"
    )
    assert shown(got) == ["CRi", "CR", "CR", "CR", "RELAPSED DISEASE", None, "CRi"]
    assert status.tolist() == [FOUND] * 5 + [MISSING_IN, FOUND]


def test_a_text_that_is_not_in_a_closed_list_has_no_value():
    """Rule C-CT."""
    got, status = Terms(LIBRARY).look_up(text("male ", "M", "neither"), "SEX")
    assert (shown(got), status.tolist()) == ([None, "M", None], [NOT_FOUND, FOUND, NOT_FOUND])


def test_a_text_that_is_not_in_an_extensible_list_is_kept_in_upper_case():
    """Rule C-CT."""
    got, status = Terms(LIBRARY).look_up(text(" csf  Punctate", "blood"), "SPECTYPE")
    assert (shown(got), status.tolist()) == (["CSF PUNCTATE", "BLOOD"], [EXTENSION, FOUND])


def test_submission_values_keep_their_case():
    """Rule C-CASE."""
    got, _ = Terms(LIBRARY).look_up(text("CRI", "10^9/l", "UG/L"), "UNIT")
    assert shown(got)[1:] == ["10^9/L", "ug/L"]


def test_two_values_that_only_case_tells_apart_must_be_written_as_they_are():
    """Pascal and per annum in UNIT."""
    got, status = Terms(LIBRARY).look_up(text("Pa", "PA", "pa"), "UNIT")
    assert (shown(got), status.tolist()) == (["Pa", "PA", None], [FOUND, FOUND, NOT_FOUND])


def test_a_list_is_named_by_short_name_or_nci_code(study):
    terms = study(sex="collected,submission\nmale,M\n")
    assert terms.codelist("C66731") is terms.codelist("SEX")
    assert shown(terms.look_up(text("Male"), "C66731")[0]) == ["M"]
    sex = terms.codelist("SEX")
    assert (sex.code, sex.extensible, sex.sponsor) == ("C66731", False, False)
    assert sex.values["M"] == "C20197"


def test_the_studys_meaning_of_a_text_comes_before_the_cdisc_value(study):
    """In RS, collected SD means no response."""
    terms = study(oncrsr="collected,submission\nSD,NR\n")
    assert shown(terms.look_up(text("SD", "sd", "PD"), "ONCRSR")[0]) == ["NR", "NR", "PD"]


def test_a_file_that_is_no_cdisc_list_is_a_closed_list_of_the_sponsor(study):
    terms = study(aetoxscl="collected,submission\n1,CTCAE V5.0\n2,ASTCT 2019\n")
    got, status = terms.look_up(text("1", "ctcae v5.0", "3"), "AETOXSCL")
    assert (shown(got), status.tolist()) == (["CTCAE V5.0", "CTCAE V5.0", None], [FOUND, FOUND, NOT_FOUND])
    assert terms.codelist("AETOXSCL").sponsor
    assert list(terms.codelist("AETOXSCL").values) == ["CTCAE V5.0", "ASTCT 2019"]


def test_an_empty_submission_value_means_deliberately_no_value(study):
    terms = study(freq="collected,submission\nOTH,\nQD,QD\n")
    got, status = terms.look_up(text("oth", "qd"), "FREQ")
    assert (shown(got), status.tolist()) == ([None, "QD"], [FOUND, FOUND])


def test_two_lines_that_differ_only_in_case_are_taken_as_written(study):
    terms = study(dose="collected,submission\nmg,MILLIGRAM\nMg,MAGNESIUM\n")
    got, status = terms.look_up(text("mg", "Mg", "MG"), "DOSE")
    assert (shown(got), status.tolist()) == (["MILLIGRAM", "MAGNESIUM", None], [FOUND, FOUND, NOT_FOUND])


def test_a_sponsor_value_extends_an_extensible_list(study):
    terms = study(unit="collected,submission\n10^8 cells,10^8 Therapeutic Cells\n")
    assert terms.codelist("UNIT").values["10^8 Therapeutic Cells"] == ""
    assert shown(terms.look_up(text("10^8 Cells", "10^8 therapeutic cells"), "UNIT")[0]) == [
        "10^8 Therapeutic Cells",
        "10^8 Therapeutic Cells",
    ]


def test_the_librarys_words_for_results_serve_every_study_and_the_studys_lie_over_them(study):
    terms = study(result="collected,submission\npos,REACTIVE\n")
    assert shown(terms.look_up(text("neg.", "阴性", "POS", "pos."), "RESULT")[0]) == [
        "NEGATIVE", "NEGATIVE", "REACTIVE", "POSITIVE",
    ]  # fmt: skip


def test_a_test_code_leads_to_its_test_by_the_nci_code_and_back():
    terms = Terms(LIBRARY)
    assert shown(terms.by_code(text("ALB", None), "LBTEST")[0]) == ["Albumin", None]
    assert shown(terms.by_code(text("Albumin"), "LBTESTCD")[0]) == ["ALB"]
    assert shown(terms.by_code(text("ECOG101"), "C101816")[0]) == ["ECOG1-Performance Status"]
    got, status = terms.by_code(text("NOSUCH", None, "ALB"), "LBTEST")
    assert (shown(got), status.tolist()) == ([None, None, "Albumin"], [NOT_FOUND, MISSING_IN, FOUND])


def test_a_sponsors_test_code_leads_to_the_test_that_the_study_names(study):
    terms = study(
        pctestcd="collected,submission,code\nVCN,CARVCN,S1\n",
        pctest="collected,submission,code\nCARVCN,CAR Vector Copies,\n",
        fatestcd="collected,submission,code\nDISSTAT,DISSTAT,S2\n",
        fatest="collected,submission,code\nstatus,Disease Status,S2\n",
    )
    assert shown(terms.by_code(text("CARVCN"), "PCTEST")[0]) == ["CAR Vector Copies"]
    assert shown(terms.by_code(text("DISSTAT"), "FATEST")[0]) == ["Disease Status"]
    assert shown(terms.by_code(text("Disease Status"), "FATESTCD")[0]) == ["DISSTAT"]


def test_a_list_without_a_paired_list_has_no_values_by_code():
    with pytest.raises(SpecError) as refused:
        Terms(LIBRARY).by_code(text("Y"), "NY")
    assert str(refused.value) == "codelist NY has no paired list to find a value by its code"


def test_an_unknown_list_is_refused_with_the_nearest_name(study):
    terms = study()
    assert refusal(terms, "PROCEDURE") == "no codelist called 'PROCEDURE'; did you mean PROCEDUR?"
    assert refusal(terms, "C99999999") == "no codelist called 'C99999999'"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("oncrsr", "collected,submission\nx,cri\n", "'cri' is not how codelist ONCRSR spells it: 'CRi'"),
        (
            "sex",
            "collected,submission\nmale,M\nother,OTHER\n",
            "'OTHER' is not in codelist SEX, which is not extensible",
        ),
        (
            "sex",
            "raw,submission\nmale,M\n",
            "a codelist file has the columns collected,submission or collected,submission,code; "
            "found raw,submission",
        ),
        ("sex", "collected,submission\nman, male,M\n", "3 cells where the header has 2"),
        ("sex", "collected,submission\n,M\n", "the line has no collected text"),
        (
            "sex",
            "collected,submission\nx,M\nx,F\n",
            "'x' already means something else in line mappings/mini/ct/sex.csv:2",
        ),
    ],
)
def test_a_studys_file_that_contradicts_the_list_is_refused_with_its_line(study, name, content, message):
    lines = {"'OTHER'": 3, "a codelist": 1, "'x'": 3}
    line = next((number for start, number in lines.items() if message.startswith(start)), 2)
    assert refusal(study(**{name: content}), name.upper()) == f"mappings/mini/ct/{name}.csv:{line}: {message}"


def test_a_file_with_a_byte_order_mark_and_crlf_is_read(study):
    terms = study(sex="\ufeffcollected,submission\r\n男,M\r\n")
    assert shown(terms.look_up(text(" 男 "), "SEX")[0]) == ["M"]


def test_the_fingerprint_follows_the_content_and_not_the_order_of_names(study, tmp_path):
    terms = study(sex="collected,submission\nmale,M\n")
    plain = Terms(LIBRARY)
    assert plain.fingerprint(["SEX", "NY"]) == plain.fingerprint(["C66742", "C66731"])
    assert terms.fingerprint(["SEX"]) != plain.fingerprint(["SEX"])
    assert terms.fingerprint(["NY"]) == plain.fingerprint(["NY"])


def test_every_codelist_of_the_standard_variables_is_shipped():
    terms = Terms(LIBRARY)
    variables = pd.read_csv(LIBRARY / "standards" / "sdtm.csv", dtype="str")
    named = {code for cell in variables["codelist"].dropna() for code in cell.split(";")}
    assert len(named) > 70
    assert {terms.codelist(code).code for code in named} == named


def test_text_is_normalised_as_codelists_compare_it():
    assert shown(normalise(text(" ＣＲ i\u00a0x", "10⁹/L", None))) == ["cr i x", "109/l", None]


def test_no_rows_give_no_rows():
    got, status = Terms(LIBRARY).look_up(text(), "SEX")
    assert (len(got), len(status)) == (0, 0)
