"""Pages as files: well-formed RTF, HTML that escapes, CSV that no spreadsheet runs, the same bytes always."""

import json
import os
import re
import subprocess
import sys

import pytest

from tests.tables import table
from tests.tlf.frames import FOOTER, ROOT, pilot, study, worked
from tests.tlf.small import ARMS, HEAD, make
from tlf.render import rtf_text
from tlf.run import join_displays, make_display, make_or_miss
from tlf.spec import read_displays

DOSES = {"02": 2, "03": 2, "04": 2, "05": 2, "09": 3, "10": 3, "12": 3, "13": 3}


@pytest.fixture(scope="module")
def files():
    displays = read_displays(ROOT / "rd1302" / "tlf", study("rd1302")).values()
    whole = [make_or_miss(one, worked(DOSES), FOOTER) for one in displays if not one.listing]
    found = join_displays(whole).files
    for display in read_displays(ROOT / "cdiscpilot01" / "tlf", study("cdiscpilot01")).values():
        made = make_display(display, pilot(), FOOTER).files
        found |= {f"pilot_{name}": content for name, content in made.items()}
    return found


def test_every_display_has_its_files(files):
    tables = {name.rsplit(".", 1)[0] for name in files if not name.startswith("f_")}
    read = set(worked(DOSES))
    displays = read_displays(ROOT / "rd1302" / "tlf", study("rd1302")).values()
    assert {one.stem for one in displays if one.rows and set(one.datasets) <= read} <= tables
    for stem in tables:
        assert {f"{stem}.{ending}" for ending in ("rtf", "html", "csv")} <= set(files)
    for number in (1, 2, 3):
        endings = ("png", "svg", "pdf", "rtf", "html", "csv")
        assert {f"f_14_2_{number}.{ending}" for ending in endings} <= set(files)


def test_rtf_is_ascii_with_balanced_braces_and_as_many_cells_as_cell_edges(files):
    for name, content in files.items():
        if not name.endswith(".rtf"):
            continue
        text = content.decode("ascii")
        assert braces(text) == 0, name
        for row in re.findall(r"\\trowd.*?\\row\b", text, re.DOTALL):
            assert len(re.findall(r"\\cellx\d", row)) == len(re.findall(r"\\cell\b", row)), name
            edges = [int(edge) for edge in re.findall(r"\\cellx(\d+)", row)]
            assert edges == sorted(set(edges)), name


def braces(text):
    depth = 0
    for sign in re.sub(r"\\[{}\\]", "", text):
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0
    return depth


def test_titles_column_headers_and_footnotes_are_in_the_head_and_foot_of_every_page(files):
    text = files["pilot_t_14_3_1.rtf"].decode()
    head, foot = (
        re.search(rf"\{{\\{part}\n(.*?)\n\}}\n", text, re.DOTALL).group(1) for part in ("header", "footer")
    )
    for words in (
        "T14.3.1",
        "Treatment-emergent Adverse Events",
        "Safety Population",
        "Placebo\\line (N=86)",
    ):
        assert words in head
    for words in ("cdiscpilot01/tlf/t_14_3_1.yml", "Data cut: 2025-06-30", "ADAE, ADSL (hash", "NUMPAGES"):
        assert words in foot
    assert "\\landscape" in text
    assert "\\lndscpsxn" in text


def test_a_class_stays_on_the_page_of_its_first_term(files):
    text = files["pilot_t_14_3_1.rtf"].decode()
    rows = re.findall(r"\\trowd.*?\\row\b", text.split("NUMPAGES")[1], re.DOTALL)
    kept = {re.search(r"\\fi-200.*? (.*?)\\cell", row).group(1): "\\keepn" in row for row in rows}
    assert kept["CARDIAC DISORDERS"]
    assert not kept["SINUS BRADYCARDIA"]


def test_columns_too_wide_for_a_page_go_to_the_next_with_their_labels_and_no_group_is_divided(files):
    text = files["t_14_2_1.rtf"].decode()
    heads = re.findall(r"\{\\header\n(.*?)\n\}\n", text, re.DOTALL)
    groups = [re.findall(r"(DL\d|Total) \(N=\d+\)", head) for head in heads]
    assert groups == [["DL1", "DL2"], ["DL3", "Total"]]
    assert text.count("Evaluable at week (n)") == 2


def test_the_footer_hash_follows_the_datasets_that_the_display_reads_and_no_other():
    display = read_displays(ROOT / "rd1302" / "tlf", study("rd1302"))["T14.1.4"]

    def page(**hashes):
        footer = {**FOOTER, "datasets": {**FOOTER["datasets"], **hashes}}
        return make_display(display, worked(), footer).files["t_14_1_4.rtf"]

    assert page() == page(ADRS="changed")
    assert page() != page(ADSL="changed")


def test_no_text_reaches_rtf_as_a_control_word():
    assert rtf_text(r"{a\b}") == r"\{a\\b\}"
    assert rtf_text("≥5 °C") == r"\u8805?5 \u176?C"
    assert rtf_text("中") == r"\u20013?"
    assert rtf_text("龍") == r"\u-24691?"  # U+9F8D = 40845 - 65536
    assert rtf_text("𝛼") == r"\u-10187?\u-8452?"  # U+1D6FC: surrogates D835 = 55349, DEFC = 57084
    assert rtf_text("a\x00\tb") == "a  b"


NASTY = """
    USUBJID             | SAFFL | TRT01A | RACE
    <b>P1</b>           | Y     | A      | </script><script>alert(1)</script>
    P2                  | Y     | B      | =HYPERLINK("x")
    P3                  | Y     | B      | -cmd
    """


def test_data_cannot_become_markup_in_html(tmp_path):
    text = HEAD.replace("A table", '"Less < more & {{ 7*7 }}"') + ARMS + "rows: {race: {categorical: RACE}}\n"
    page = make(tmp_path, text, ADSL=table(NASTY)).files["t_1.html"].decode()
    assert "Less &lt; more &amp; {{ 7*7 }}" in page
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page
    assert page.count("</script>") == page.count("<script") == 2
    assert "<b>P1" not in page
    behind = json.loads(re.search(r'id="subjects">(.*?)</script>', page, re.DOTALL).group(1))
    assert behind["ids"] == ["<b>P1</b>", "P2", "P3"]


def test_html_needs_nothing_from_elsewhere(files):
    for name, content in files.items():
        if name.endswith(".html"):
            outside = re.findall(r'(?:src|href)="(?!#)[^"]*"', content.decode())
            assert not outside, name
            assert "@import" not in content.decode().replace("xlink", "")


def test_a_number_in_html_knows_its_subjects(files):
    page = files["t_14_2_4.html"].decode()
    behind = json.loads(re.search(r'id="subjects">(.*?)</script>', page, re.DOTALL).group(1))
    row = re.search(r">Disease progression</th>(.*?)</tr>", page).group(1)
    cells = [behind["cells"][int(place)] for place in re.findall(r'data-s="(\d+)"', row)]
    people = [[behind["ids"][place] for place in cell] for cell in cells]
    assert people == [["RD1302-01-010"], ["RD1302-01-010"]]


def test_a_spreadsheet_does_not_run_a_cell(tmp_path):
    text = HEAD + ARMS + "rows: {race: {categorical: RACE}}\n"
    lines = make(tmp_path, text, ADSL=table(NASTY)).files["t_1.csv"].decode().splitlines()
    assert any(line.startswith("race,0,\"'=HYPERLINK(") for line in lines)
    assert any(line.startswith("race,0,'-cmd,") for line in lines)


def test_a_negative_number_is_no_formula(tmp_path):
    adsl = table("USUBJID | SAFFL | AGE\nP1 | Y | -1\nP2 | Y | -2")
    lines = make(tmp_path, HEAD + "rows: {a: {continuous: AGE}}\n", ADSL=adsl).files["t_1.csv"].decode()
    assert "a,0,Mean (SD),-1.5 (0.71)" in lines


CHILD = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from tests.tlf.frames import FOOTER, ROOT, study, worked
from tests.tlf.test_listings import COLUMNS, GROUPED, listed
from tlf.run import join_displays, make_or_miss
from tlf.spec import read_displays
displays = read_displays(ROOT / "rd1302" / "tlf", study("rd1302"))
kept = [one for name, one in displays.items() if name not in ("F14.2.2", "F14.2.3") and not one.listing]
made = join_displays([make_or_miss(one, worked({"02": 2, "09": 3}), FOOTER) for one in kept])
_, listing = listed(Path(sys.argv[2]), COLUMNS, more=GROUPED)
for name, content in sorted((made.files | listing.files).items()):
    print(name, hashlib.sha256(content).hexdigest())
for frame in (made.results, made.subjects, listing.results, listing.subjects):
    print(hashlib.sha256(frame.to_csv(index=False).encode()).hexdigest())
"""


def test_time_zone_locale_hash_seed_and_a_users_matplotlib_do_not_change_a_byte(tmp_path):
    (tmp_path / "matplotlibrc").write_text("font.size: 20\nlines.linewidth: 9\n", "utf-8")
    worlds = (
        {"TZ": "Asia/Shanghai", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"},
        {"TZ": "America/Los_Angeles", "LC_ALL": "C", "PYTHONHASHSEED": "77", "MATPLOTLIBRC": str(tmp_path)},
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, str(ROOT.parent), str(tmp_path / str(number))],
            env={**os.environ, **world},
            stdout=subprocess.PIPE,
            text=True,
        )
        for number, world in enumerate(worlds)
    ]
    first, second = (process.communicate()[0] for process in running)
    assert all(process.returncode == 0 for process in running)
    assert first == second
    assert len(first.splitlines()) > 26
