"""The raw specs of rd1302 have the forms, files and fields of study_rd13_02.md B.2 and B.3, and no others."""

from __future__ import annotations

import re
from functools import cache

from clinical.form_fields import Field
from clinical.forms import Form, read_forms
from tests.studies.rd1302 import ROOT, STUDY

DESIGN = ROOT / "docs" / "design" / "study_rd13_02.md"
NAME = r"[A-Z][A-Z0-9_]+"
NO_FIELDS = {
    "YN",
    "YNU",
    "ND",
    "AE",
    "CD7",
    "CAR",
    "LD",
    "HSCT",
    "EOT",
    "EOS",
}  # capitals in B.2 that name no field
KINDS = {"t": "text", "n": "number", "d": "date", "dt": "date", "time": "time", "c": "code"}
TYPED_OTHERWISE = {"BMBLAST": "text"}  # "n % (text allowed `<1`, `0-1`)"
SAME_KEYS = {"ck_flow": {"STUDYNO", "SUBJECT", "BARCODE", "COLLDTC", "MATRIX", "RUNID"}}  # RUNID: C.6a


def section(start: str, end: str) -> str:
    text = DESIGN.read_text("utf-8")
    return text[text.index(start) : text.index(end)]


@cache
def designed_forms() -> dict[str, str]:
    """What B.2 says of each form, by its name."""
    text = section("## B.2", "## B.3").split("\n", 2)[2]
    heads = list(re.finditer(rf"\*\*({NAME})(?: – [^*]*)?\*\*", text))
    ends = [*(head.start() for head in heads[1:]), len(text)]
    return {head[1]: text[head.end() : end] for head, end in zip(heads, ends, strict=True)}


@cache
def designed_files() -> dict[str, str]:
    """What B.3 says of each vendor file, by its name."""
    found = (
        re.match(r"\d\. `(\w+)\.csv`[^:]*: (.*)", line) for line in section("## B.3", "## B.4").splitlines()
    )
    return {match[1]: match[2] for match in found if match}


def names_of(text: str) -> set[str]:
    """Field names in the text of a form: words in capitals outside braces, parentheses and quotes."""
    bare = re.sub(r"\{[^}]*\}|\([^)]*\)|`[^`]*`|\bc as \w+", " ", text).split(" Key =")[0]
    for first, stem, last in re.findall(r"((CMATC)\d)–CMATC(\d)", bare):
        bare += " ".join(f" {stem}{n}" for n in range(int(first[-1]), int(last) + 1))
    return set(re.findall(rf"(?<![\w-]){NAME}(?![\w-])", bare)) - NO_FIELDS


def fields_in(path: str) -> dict[str, tuple[Form, Field]]:
    """Every field of the specs that read one file, joined ones left out."""
    forms = [form for form in read_forms(STUDY / "raw", ROOT).values() if form.source.path == path]
    found = {name: (form, field) for form in forms for name, field in form.fields.items()}
    return {name: both for name, both in found.items() if not both[1].joined}


def test_the_design_is_read_as_it_is_written():
    """31 forms; a form with log lines, one with a range of names, one whose names are also elsewhere."""
    assert len(designed_forms()) == 31
    assert names_of(designed_forms()["PE"]) == {"PEDAT", "PESYS", "PERES", "PEDESC"}
    assert names_of(designed_forms()["CSF"]) == {"CSFDAT", "CSFND", "CSFWBC", "CSFBLAST", "CNSGR"}
    assert {"CMATC1", "CMATC2", "CMATC3", "CMATC4", "CMVER"} <= names_of(designed_forms()["CM"])
    assert list(designed_files()) == ["central_lab", "ck_qpcr", "ck_flow", "cytokine", "protocol_dev"]


def test_every_form_has_the_fields_of_the_design_and_no_other():
    """B.2; of a number with a unit, X_UNIT may be there as well (B.1)."""
    for name, text in designed_forms().items():
        found = fields_in(f"edc_csv/{name}.csv")
        units = {each for each in found if each.endswith("_UNIT") and each.removesuffix("_UNIT") in found}
        assert set(found) - units == names_of(text), name


def test_every_vendor_file_has_the_fields_of_the_design_and_no_other():
    """B.3."""
    for name, text in designed_files().items():
        assert set(fields_in(f"external/{name}.csv")) == names_of(text) | SAME_KEYS.get(name, set()), name


def test_every_file_of_a_form_is_in_the_design():
    paths = {form.source.path for form in read_forms(STUDY / "raw", ROOT).values()}
    designed = {f"edc_csv/{name}.csv" for name in designed_forms()}
    assert paths == designed | {f"external/{name}.csv" for name in designed_files()}


def test_a_field_has_the_type_that_the_design_says():
    """B.2: t text, n number, d date, time, c coded, YN and YNU coded, ND text."""
    for name, text in designed_forms().items():
        stated = dict(re.findall(rf"\b({NAME}) (t|n|dt|d|c|time)(?=\b|\d|–|\*)", text))
        for field, (_, found) in fields_in(f"edc_csv/{name}.csv").items():
            if field in stated:
                assert found.type == TYPED_OTHERWISE.get(field, KINDS[stated[field]]), field


def test_a_coded_field_has_the_codes_that_the_design_says():
    """B.2: {code:text,...} or {code,...}."""
    checked = 0
    for name, text in designed_forms().items():
        for field, given in re.findall(rf"\b({NAME}) c\*?\{{([^}}]*)\}}", text):
            _, found = fields_in(f"edc_csv/{name}.csv")[field]
            if "…" in given or ".." in given:
                continue
            pairs = [part.split(":", 1) for part in given.split(",")]
            assert set(found.codes) == {pair[0].strip() for pair in pairs}, field
            checked += 1
            for code, *label in pairs:
                if label and field != "ICEDEMA":
                    assert found.codes[code.strip()] == label[0].strip(), field
    assert checked > 50


def test_yes_or_no_has_its_two_codes_and_unknown_a_third():
    for name, text in designed_forms().items():
        for field, kind in re.findall(rf"\b({NAME}) c (YNU?)\b", text):
            _, found = fields_in(f"edc_csv/{name}.csv")[field]
            assert set(found.codes) == set(kind), field
