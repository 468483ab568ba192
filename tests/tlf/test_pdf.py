"""All displays in one PDF: bookmarks in reading order, rows kept together, the same bytes always."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tlf.frames import FOOTER, ROOT, pilot, study, worked
from tests.tlf.test_listings import listed
from tlf.paper import reading_order, section_of
from tlf.pdf import merged_pdf, signs_lacking, texts_lacking
from tlf.run import join_displays, make_display
from tlf.spec import read_displays

SECTIONS = {"14.1": "Baseline", "14.2": "Efficacy"}


def made_of(name, frames, only=None):
    displays = read_displays(ROOT / name / "tlf", study(name)).values()
    return join_displays([make_display(d, frames, FOOTER) for d in displays if not only or d.name in only])


def pdf_of(made):
    pictures = {one["picture"]: made.files[one["picture"]] for one in made.papers.values() if one["picture"]}
    return merged_pdf("A study", list(made.papers.values()), pictures, FOOTER, SECTIONS)


@pytest.fixture(scope="module")
def made():
    return made_of("rd1302", worked(), ("T14.1.4", "T14.2.4", "F14.2.1"))


@pytest.fixture(scope="module")
def content(made):
    return pdf_of(made)


def test_every_display_has_a_bookmark_below_its_section(content):
    titles = [title.decode() for title in re.findall(rb"/Title\(((?:[^)\\]|\\.)*)\)/Dest", content)]
    assert {"14.1 Baseline", "14.2 Efficacy", "T14.2.4 Duration of Response"} <= set(titles)
    assert sum(title.startswith(("T14", "F14")) for title in titles) == 3


def test_contents_and_one_page_a_short_display(content):
    """The contents, two pages of T14.1.4, one of T14.2.4 and one of F14.2.1."""
    assert len(re.findall(rb"/Type ?/Page\b", content)) == 5


def test_the_file_has_no_date_and_only_fonts_of_the_wheels(content):
    assert b"CreationDate" not in content
    assert b"ModDate" not in content
    fonts = {name.split(b"+")[-1] for name in re.findall(rb"/FontName ?/([\w+-]+)", content)}
    assert fonts
    assert all(name.startswith((b"LibertinusSerif", b"DejaVuSans")) for name in fonts)


CHILD = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from tests.tlf.frames import worked
from tests.tlf.test_pdf import made_of, pdf_of
print(hashlib.sha256(pdf_of(made_of("rd1302", worked(), ("T14.1.4", "T14.2.4", "F14.2.1")))).hexdigest())
"""


def test_another_process_time_zone_and_locale_make_the_same_bytes(content):
    world = {"TZ": "Asia/Shanghai", "LC_ALL": "C", "PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": "1"}
    found = subprocess.run(
        [sys.executable, "-c", CHILD, str(ROOT.parent)],
        env={**os.environ, **world}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout.strip() == hashlib.sha256(content).hexdigest()


def test_a_class_is_on_the_page_of_its_first_term():
    paper = made_of("cdiscpilot01", pilot()).papers["t_14_3_1"]
    groups = [[row["label"] for row in group] for group in paper["sections"][0]["groups"]]
    assert ["CARDIAC DISORDERS", "SINUS BRADYCARDIA"] in groups
    assert ["MYOCARDIAL INFARCTION"] in groups


def test_columns_that_do_not_fit_are_a_section_of_their_own():
    doses = {"02": 2, "03": 2, "04": 2, "05": 2, "09": 3, "10": 3, "12": 3, "13": 3}
    paper = made_of("rd1302", worked(doses), ("T14.2.1",)).papers["t_14_2_1"]
    heads = [[text for text, _ in section["headers"][0]] for section in paper["sections"]]
    assert heads == [["", "DL1 (N=4)", "DL2 (N=4)"], ["", "DL3 (N=4)", "Total (N=12)"]]
    assert [len(section["widths"]) for section in paper["sections"]] == [7, 7]


def test_ten_follows_nine_and_listings_come_last():
    names = ["L16.2.1", "F14.2.1", "T14.3.10", "T14.3.9", "T14.1.1"]
    ordered = sorted(names, key=lambda name: reading_order(name, {}))
    assert ordered == ["T14.1.1", "T14.3.9", "T14.3.10", "F14.2.1", "L16.2.1"]


def test_figures_follow_the_tables_of_their_section_and_what_has_none_comes_last():
    names = ["L16.2.1", "F14.2.1", "T14.3.1", "T14.2.9", "T14.1.1"]
    ordered = sorted(names, key=lambda name: reading_order(name, SECTIONS))
    assert ordered == ["T14.1.1", "T14.2.9", "F14.2.1", "T14.3.1", "L16.2.1"]
    assert section_of("T14.2.9", SECTIONS) == "14.2 Efficacy"
    assert section_of("T14.20.1", SECTIONS) == "Tables"
    assert section_of("T14.2.9", {**SECTIONS, "14.2.9": "Own"}) == "14.2.9 Own"


COLUMNS = "    s: {show: USUBJID, label: Subject}\n    t: {show: AETERM, label: Term}\n    n: {show: AESEQ}\n"
EVENTS = """USUBJID | AESEQ | AETERM
            P1 | 1 | Low 2024-01-08
            P1 | 2 | High
            P2 | 1 | Pain"""


def listing_of_events(folder, columns=COLUMNS, events=EVENTS):
    more = "  sort: [USUBJID, AESEQ]\n  group: [s]\n"
    return listed(folder, columns, adae=events, more=more)[1]


def test_the_pieces_of_a_listing_begin_with_their_subject_and_a_new_subject_stands_apart(tmp_path):
    """ADR 36: at most 8 lines of text a piece; the third is that of the second subject."""
    [run] = listing_of_events(tmp_path).papers["t_1"]["runs"]
    assert run["labels"] == ["Subject", "Term", "AESEQ"]
    assert run["aligns"] == ["left", "left", "right"]
    assert [(piece["apart"], piece["cells"]) for piece in run["pieces"]] == [
        (False, ["P1", "Low 2024\u201101\u201108", "1", "", "High", "2"]),
        (True, ["P2", "Pain", "1"]),
    ]


def test_the_ninth_line_of_a_subject_begins_a_piece_with_its_number(tmp_path):
    events = "USUBJID | AESEQ | AETERM\n" + "".join(f"P1 | {at} | Pain\n" for at in range(1, 10))
    [run] = listing_of_events(tmp_path, events=events).papers["t_1"]["runs"]
    assert [len(piece["cells"]) // 3 for piece in run["pieces"]] == [8, 1]
    assert [(piece["apart"], piece["cells"][0]) for piece in run["pieces"]] == [(False, "P1"), (False, "P1")]


def test_columns_that_do_not_fit_are_pages_of_their_own_in_the_pdf_too(tmp_path):
    wide = COLUMNS + "".join(f"    c{at}: {{show: AETERM, width: 40}}\n" for at in range(9))
    made = listing_of_events(tmp_path, wide)
    runs = made.papers["t_1"]["runs"]
    parts = [run["heading"] for run in runs]
    assert parts == [f"Columns, part {at} of {len(parts)}" for at in range(1, len(parts) + 1)]
    assert len(parts) > 1
    assert all(run["labels"][0] == "Subject" for run in runs)
    assert len(re.findall(rb"/Type ?/Page\b", pdf_of(made))) == 1 + len(parts)


def test_a_character_without_a_glyph_is_shown_as_its_code_point_and_named():
    """ADR 38: the fonts of the wheel have Latin, Greek and Cyrillic, and no Chinese."""
    paper = {
        "name": "L1",
        "titles": ["L1", "caf\u00e9 \u2265 \u03b1 \u0416", "plain"],
        "cells": [["\u836f\u7269 5 mg"]],
    }
    assert signs_lacking("caf\u00e9 \u2265 \u03b1 \u0416 \u836f\u7269") == "\u7269\u836f"
    assert texts_lacking([paper, {"name": "L2", "titles": ["\u03b1"]}]) == {"L1": ["\u836f\u7269 5 mg"]}


def test_the_pdf_holds_the_code_points_and_no_empty_glyph(tmp_path, monkeypatch):
    made = listing_of_events(tmp_path, events="USUBJID | AESEQ | AETERM\nP1 | 1 | \u836f\u7269 5 mg")
    given = []

    def writes(self, text, *_):
        given.append(text)
        return self.write_bytes(text.encode())

    monkeypatch.setattr(Path, "write_text", writes)
    pdf_of(made)
    shown = next(text for text in given if "titles" in text)
    assert '"<U+836F>\u200b<U+7269>\u200b 5 mg"' in shown
    assert signs_lacking(shown) == ""


def test_text_of_the_data_is_never_read_as_a_command(made):
    papers = {stem: dict(one) for stem, one in made.papers.items() if not one["picture"]}
    paper = papers["t_14_2_4"]
    paper["titles"] = ["T1", '#panic("x") $x$ *a* `b` \\ @c <d>', "[ ] { }"]
    paper["footnotes"] = ['#read("/etc/passwd")', "// not a comment"]
    found = merged_pdf("A study", [paper], {}, FOOTER, {})
    assert b'#panic("x") $x$ *a*' in found.replace(b"\\(", b"(").replace(b"\\)", b")")
