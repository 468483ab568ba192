"""docs/spec.schema.json accepts every spec there is, and refuses what an editor should underline."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from cdiscflow.home import CHECKOUT
from cdiscflow.schema import spec_schema
from cdiscflow.selftest import cases

SCHEMA = spec_schema()
STUDIES = [*sorted((CHECKOUT / "mappings").glob("*/")), *sorted((CHECKOUT / "tests" / "studies").glob("*/"))]
SPECS = [
    path
    for study in STUDIES
    for folder in ("sdtm", "adam")
    for path in sorted((study / folder).glob("*.yml"))
]
FORMS = [path for study in STUDIES for path in sorted((study / "raw").glob("*.yml"))]


def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})


def read(path: Path) -> object:
    return yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)


def named(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", SPECS, ids=named)
def test_a_dataset_file_of_the_repository_fits(path):
    errors = [error.message[:300] for error in validator("dataset").iter_errors(read(path))]
    assert errors == []


@pytest.mark.parametrize("path", FORMS, ids=named)
def test_a_raw_form_of_the_repository_fits(path):
    assert [error.message[:300] for error in validator("form").iter_errors(read(path))] == []


def test_a_study_and_any_file_fit_the_whole():
    whole = jsonschema.Draft202012Validator(SCHEMA)
    for path in [
        SPECS[0],
        FORMS[0],
        *(study / "study.yml" for study in STUDIES if (study / "study.yml").is_file()),
    ]:
        assert whole.is_valid(read(path)), path


def test_what_a_conformance_case_gives_values_of_fits():
    """Every dataset file of a case that is accepted."""
    for case in (case for case in cases() if not case.rejects):
        for name, text in case.files.items():
            if name.endswith(".yml") and name.split("/")[0] in ("sdtm", "adam"):
                node = yaml.load(text, Loader=yaml.BaseLoader)
                assert validator("dataset").is_valid(node), f"{case.at}: {case}"


@pytest.mark.parametrize(
    "lines",
    [
        "VSLOC: {frist: EX.EXSTDTC}",
        "VSLOC: {term: raw.RES, codelist: SEX, order: NR}",
        "VSLOC: {unit: raw.RES, to: kg}",
        "VSLOC: {copy: raw.RES, constant: A}",
        "VSLOC: {date: raw.DAY, impute: middle}",
        "VSLOC: {copy: raw RES}",
        "VSLOC: {case: {constant: A}}",
        "VSLOC: {flag: {}}",
        "VSLOC: {flag: {raw.A: {gte: 5}}}",
        "VSLOC: [raw.A]",
    ],
)
def test_an_editor_underlines(lines):
    text = f"dataset: VS\nkeys: [STUDYID]\nrows: {{from: raw.VS}}\nvariables:\n  {lines}\n"
    assert not validator("dataset").is_valid(yaml.load(text, Loader=yaml.BaseLoader))


def test_a_base_of_several_datasets_names_none_and_states_variables():
    """mappings/library/adam/bds.yml; what neither names a dataset nor states variables is no base."""
    assert validator("dataset").is_valid({"variables": {"SUBJID": "ADSL.SUBJID"}})
    assert not validator("dataset").is_valid({"keys": ["STUDYID"]})
