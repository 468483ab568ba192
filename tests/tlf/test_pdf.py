"""All displays in one PDF: bookmarks in reading order, rows kept together, the same bytes always."""

import hashlib
import os
import re
import subprocess
import sys

import pytest

from tests.tlf.frames import FOOTER, ROOT, pilot, study, worked
from tlf.paper import reading_order
from tlf.pdf import merged_pdf
from tlf.run import join_displays, make_display
from tlf.spec import read_displays


def made_of(name, frames, only=None):
    displays = read_displays(ROOT / name / "tlf", study(name)).values()
    return join_displays([make_display(d, frames, FOOTER) for d in displays if not only or d.name in only])


def pdf_of(made):
    pictures = {one["picture"]: made.files[one["picture"]] for one in made.papers.values() if one["picture"]}
    return merged_pdf("A study", list(made.papers.values()), pictures, FOOTER)


@pytest.fixture(scope="module")
def made():
    return made_of("rd1302", worked(), ("T14.1.4", "T14.2.4", "F14.2.1"))


@pytest.fixture(scope="module")
def content(made):
    return pdf_of(made)


def test_every_display_has_a_bookmark_below_its_kind(content):
    titles = [title.decode() for title in re.findall(rb"/Title\(((?:[^)\\]|\\.)*)\)/Dest", content)]
    assert {"Tables", "Figures", "T14.2.4 Duration of Response"} <= set(titles)
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
    assert sorted(names, key=reading_order) == ["T14.1.1", "T14.3.9", "T14.3.10", "F14.2.1", "L16.2.1"]


def test_text_of_the_data_is_never_read_as_a_command(made):
    papers = {stem: dict(one) for stem, one in made.papers.items() if not one["picture"]}
    paper = papers["t_14_2_4"]
    paper["titles"] = ["T1", '#panic("x") $x$ *a* `b` \\ @c <d>', "[ ] { }"]
    paper["footnotes"] = ['#read("/etc/passwd")', "// not a comment"]
    found = merged_pdf("A study", [paper], {}, FOOTER)
    assert b'#panic("x") $x$ *a*' in found.replace(b"\\(", b"(").replace(b"\\)", b")")
