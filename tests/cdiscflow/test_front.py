"""Index, profiles and merged PDF of a run: every link leads somewhere; what is as it was is taken over."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from cdiscflow import tables
from clinical.lock import study_lock
from clinical.read import Mapping, Text
from clinical.run import COMPLETE, Run
from tests.checks.finished import described, finished

INPUTS = {"spec": "s", "terminology": "t", "code": "c", "packages": "p"}


@pytest.fixture(scope="module")
def study():
    return finished("rd1302")


def night(study, folder, number, derived=None, before=None, config=None):
    """A run that holds nothing but displays."""
    plan = study.plan
    if config:
        whole = plan.study.config
        mixed = Mapping({**whole, **config}, whole.at, whole.lines)
        plan = replace(plan, study=replace(plan.study, config=mixed))
    with study_lock(folder, "test"):
        run = Run.begin(folder, f"night-{number}")
        derived = derived or study.derived
        found = tables.write_displays(
            plan, derived, run, "2025-08-15", before, INPUTS, Path("none"), described(derived)
        )
        return run.finish({}, COMPLETE, "test", "test"), found


@pytest.fixture(scope="module")
def first(study, tmp_path_factory):
    return night(study, tmp_path_factory.mktemp("front"), 1)[0]


def test_every_link_of_the_index_leads_to_a_file(first):
    page = (first / "tlf" / "index.html").read_text("utf-8")
    links = re.findall(r'href="([^"]*)"', page)
    assert "all.pdf" in links
    assert "t_14_1_1.html" in links
    assert links.pop(links.index("../changes/changes.html"))  # written after the displays, by every run
    assert all((first / "tlf" / link).is_file() for link in links)
    files = {p.relative_to(first / "tlf").as_posix() for p in (first / "tlf").rglob("*") if p.is_file()}
    assert files - set(links) == {"index.html", "results.parquet", "subjects.parquet"}
    assert not re.findall(r'src="', page)


def test_every_subject_behind_a_number_leads_to_its_profile(first):
    found = set()
    for page in (first / "tlf").glob("t_*.html"):
        for link in re.findall(r'"(profiles/[^"]*)"', page.read_text("utf-8")):
            assert (first / "tlf" / link).is_file()
            found.add(link)
    assert len(found) == len(list((first / "tlf" / "profiles").iterdir()))


def test_no_file_of_the_displays_is_named_after_a_subject(first, study):
    names = " ".join(path.name for path in first.rglob("*"))
    for subject in study.derived.outputs["ADSL"].frame["USUBJID"]:
        assert subject not in names
        assert subject.rpartition("RD1302-")[2] not in names


def test_the_page_of_one_changed_subject_is_made_again_and_no_other(study, tmp_path):
    before, _ = night(study, tmp_path, 1)
    adsl = study.derived.outputs["ADSL"]
    frame = adsl.frame.copy()
    changed = frame["USUBJID"].iloc[0]
    frame.loc[frame["USUBJID"] == changed, "NPRLINES"] = 9.0
    derived = replace(study.derived, outputs={**study.derived.outputs, "ADSL": replace(adsl, frame=frame)})
    after, _ = night(study, tmp_path, 2, derived, before)
    pages = {path.name: path for path in (after / "tlf" / "profiles").iterdir()}
    new = [name for name, path in pages.items() if not path.samefile(before / "tlf" / "profiles" / name)]
    assert len(new) == 1
    assert changed in pages[new[0]].read_text("utf-8")


def test_the_pdf_can_be_left_out(study, tmp_path):
    run, _ = night(study, tmp_path, 1, config={"merged_pdf": Text("false", "study.yml:1")})
    assert not (run / "tlf" / "all.pdf").exists()
    assert "all.pdf" not in (run / "tlf" / "index.html").read_text("utf-8")


def test_the_index_says_which_display_could_not_be_made_and_why(study, tmp_path):
    outputs = {name: one for name, one in study.derived.outputs.items() if name != "ADTTE"}
    run, found = night(study, tmp_path, 1, replace(study.derived, outputs=outputs))
    page = (run / "tlf" / "index.html").read_text("utf-8")
    assert "T14.2.4 was not made: this run has no ADTTE" in page
    assert f"{len(found)} findings" in page
    assert 'href="t_14_2_4.html"' not in page


@pytest.mark.parametrize(("less", "made"), [(0, True), (1, False)])
def test_beyond_the_number_that_study_yml_says_nobody_is_shown_singly(study, tmp_path, less, made):
    """As many subjects as `shown_singly` have their profile, listing and bar; one more, and nobody has."""
    count = len(study.derived.outputs["ADSL"].frame)
    run, found = night(study, tmp_path, 1, config={"shown_singly": Text(str(count - less), "study.yml:1")})
    said = set(found.loc[found["message"] == "tlf.too-many", "text"])
    sentence = f"{{}} not made: each of {count} subjects would be shown, at most {count - less} are"
    assert (sentence.format("F14.2.4") not in said) == made
    assert (sentence.format("profiles") not in said) == made
    assert (run / "tlf" / "l_16_2_1.rtf").is_file() == made
    assert (run / "tlf" / "profiles").is_dir() == made
    page = (run / "tlf" / "t_14_2_1.html").read_text("utf-8")
    assert ("profiles/" in page) == made
    assert ("data-s=" in page) == made
    assert ("This page lists no subjects, there are too many" in page) != made
    assert (run / "tlf" / "f_14_2_1.png").is_file()


def test_without_the_dataset_of_the_subjects_nothing_leads_to_a_profile(study, tmp_path):
    outputs = {name: one for name, one in study.derived.outputs.items() if name != "ADSL"}
    run, found = night(study, tmp_path, 1, replace(study.derived, outputs=outputs))
    assert "tlf.profile-without" in set(found["message"])
    assert not (run / "tlf" / "profiles").exists()


def test_shells_need_neither_extract_nor_run(tmp_path):
    from cdiscflow.home import home
    from cdiscflow.shells import variables_of, write_shells

    said = write_shells(home(), "cdiscpilot01", tmp_path / "shells")
    assert said == [f"cdiscpilot01: 2 shells in {tmp_path / 'shells'}"]
    files = {path.name for path in (tmp_path / "shells").iterdir()}
    assert files == {
        "index.html",
        "shells.pdf",
        *(f"t_14_{n}_1.{e}" for n in (1, 3) for e in ("rtf", "html")),
    }
    assert (
        set(re.findall(r'href="([^"]*)"', (tmp_path / "shells" / "index.html").read_text("utf-8"))) <= files
    )
    assert variables_of(home().load("rd1302"))["PR"].variables["DONORTYP"].type == "Char"
