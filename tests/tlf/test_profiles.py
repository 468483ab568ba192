"""A subject's page: days by hand from the infusion, nothing left out silently, names without identifiers."""

import re
from pathlib import Path

import pytest

from clinical.errors import SpecError
from clinical.findings import Findings
from tests.tables import table
from tests.tlf.frames import ROOT, study
from tlf.links import profile_file
from tlf.profile_data import profiles_of
from tlf.profile_page import Axis, render_profile
from tlf.profile_spec import read_profile
from tlf.spec import read_displays

FOOTER = {"program": "cdiscflow 0.1", "data_cut": "2025-06-30"}
SPEC = """\
title: Subject Profile
subjects: ADSL
origin: {dates: [TRTSDT, RFICDT], label: Days}
axis: {split: 28, share: 0.5}
header: {Dose: "{TRT01A}", "Age, sex": "{AGE}, {SEX}"}
sets: {Safety: SAFFL}
tracks:
  events: {label: Events, from: ADAE, where: {TRTEMFL: Y}, start: ASTDT, end: AENDT, lane: AEDECOD, text: "{ATOXGR}", marker: bar, colour: {by: ATOXGR, of: {3: "#F07F3C"}}}
charts:
  copies: {label: Copies, from: ADPC, date: ADT, value: AVAL, scale: log, hollow: {BLQFL: Y}, limit: ALLOQ}
"""  # noqa: E501
ADSL = """
    USUBJID | TRT01A | AGE | SEX | SAFFL | TRTSDT     | RFICDT
    P2      |        | 40  | F   | N     |            | 2024-02-10
    P1      | DL1    | 31  |     | Y     | 2024-03-01 | 2024-02-01
    """
ADAE = """
    USUBJID | TRTEMFL | AEDECOD | ATOXGR | ASTDT      | AENDT
    P1      | Y       | Pyrexia | 3      | 2024-03-04 | 2024-03-06
    P1      | Y       | Anaemia | 2      | 2024-02-28 |
    P1      | Y       | Nausea  | 1      |            |
    P1      |         | Cough   | 1      | 2024-03-02 |
    P9      | Y       | Cough   | 1      | 2024-03-02 |
    """
ADPC = """
    USUBJID | ADT        | AVAL | BLQFL | ALLOQ
    P1      | 2024-03-01 | 0    | Y     | 50
    P1      | 2024-03-11 | 700  |       | 50
    P1      | 2024-03-12 | 0    |       | 50
    """


def spec(folder: Path, text: str = SPEC):
    tlf = folder / "mappings" / "mini" / "tlf"
    tlf.mkdir(parents=True, exist_ok=True)
    (tlf / "profile.yml").write_text(text, "utf-8")
    return read_profile(tlf)


def frames(**given: str):
    return {
        name: table(text)
        for name, text in {"ADSL": ADSL, "ADAE": ADAE, "ADPC": ADPC, **given}.items()
        if text
    }


def shown(folder: Path, findings: Findings | None = None, **given: str):
    return {one.subject: one for one in profiles_of(spec(folder), frames(**given), findings or Findings())}


def test_everybody_of_the_dataset_has_a_page_and_nobody_else(tmp_path):
    assert list(shown(tmp_path)) == ["P1", "P2"]


def test_day_0_is_the_first_of_the_dates_that_is_there(tmp_path):
    pages = shown(tmp_path)
    assert [pages[one].origin for one in ("P1", "P2")] == ["2024-03-01", "2024-02-10"]


def test_days_are_counted_from_day_0_and_an_open_end_stays_open(tmp_path):
    """2024 has a 29 February: the 28th is two days before 1 March, 4 and 6 March three and five after."""
    lanes = shown(tmp_path)["P1"].lanes["events"]
    assert {name: [(m.start, m.end, m.ends) for m in marks] for name, marks in lanes.items()} == {
        "Anaemia": [(-2, None, False)],
        "Pyrexia": [(3, 5, True)],
    }
    assert lanes["Pyrexia"][0].told == "Pyrexia, 3; day 3, 2024-03-04 to 2024-03-06"
    assert [lanes[name][0].colour for name in ("Pyrexia", "Anaemia")] == ["#F07F3C", ""]


def test_what_cannot_be_drawn_is_counted_on_the_page(tmp_path):
    """Nausea has no date; a zero that is not below the limit has no place on a logarithmic axis."""
    page = shown(tmp_path)["P1"]
    assert page.left_out == {"Events": 1, "Copies": 1}
    html = render_profile(spec(tmp_path), page, FOOTER).decode()
    assert "Events: 1 record without a date or a value that can be drawn." in html


def test_below_the_limit_is_an_open_point_at_half_of_it(tmp_path):
    """E.2: BLQ at LLOQ/2."""
    page = shown(tmp_path)["P1"]
    assert [(p.day, p.value, p.hollow) for p in page.points["copies"]] == [(0, 25, True), (10, 700, False)]
    assert page.points["copies"][0].told == "< 50; day 0, 2024-03-01"
    assert page.limits == {"copies": {"limit": 50}}


def test_a_limit_that_changed_is_not_drawn_as_if_it_had_not(tmp_path):
    page = shown(tmp_path, ADPC=ADPC.replace("700  |       | 50", "700  |       | 60"))["P1"]
    assert page.limits == {}


def test_missing_values_leave_no_separator_behind(tmp_path):
    pages = shown(tmp_path)
    assert pages["P1"].header == [("Dose", "DL1"), ("Age, sex", "31")]
    assert [pages[one].sets for one in ("P1", "P2")] == [["Safety"], []]


def test_a_dataset_that_the_run_lacks_is_a_finding_and_the_rest_is_shown(tmp_path):
    findings = Findings()
    page = shown(tmp_path, findings, ADAE="")["P1"]
    assert page.lanes == {}
    assert page.points
    assert findings.frame()["message"].tolist() == ["tlf.profile-without"]


def test_the_scale_changes_at_the_split_and_only_if_there_is_enough_beyond_it():
    axis = Axis(low=-10, high=100, split=28, share=0.5, left=0, right=1000)
    assert axis.broken
    assert [axis.at(day) for day in (-10, 9, 28, 64, 100)] == [0, 250, 500, 750, 1000]
    short = Axis(low=0, high=56, split=28, share=0.5, left=0, right=560)
    assert not short.broken
    assert short.at(14) == 140
    assert Axis(low=0, high=57, split=28, share=0.5, left=0, right=570).broken


def test_data_cannot_become_markup(tmp_path):
    nasty = "</title><script>alert(1)</script>"
    pages = shown(tmp_path, ADAE=ADAE.replace("Pyrexia", nasty), ADSL=ADSL.replace("DL1", '"<b>x'))
    html = render_profile(spec(tmp_path), pages["P1"], FOOTER).decode()
    assert "<script" not in html
    assert "<b>x" not in html
    assert "&lt;/title&gt;" in html


def test_the_page_needs_nothing_from_elsewhere(tmp_path):
    html = render_profile(spec(tmp_path), shown(tmp_path)["P1"], FOOTER).decode()
    assert re.findall(r'(?:src|href)="([^"]*)"', html) == ["../index.html"]
    assert "@import" not in html
    assert "url(" not in html


def test_the_order_of_the_records_does_not_change_a_byte(tmp_path):
    def page(**given):
        found = {one.subject: one for one in profiles_of(spec(tmp_path), given, Findings())}
        return render_profile(spec(tmp_path), found["P1"], FOOTER)

    more = """
        P1      | Y       | Pyrexia | 1      | 2024-03-20 | 2024-03-21
        P1      | Y       | Pyrexia | 2      | 2024-03-20 | 2024-03-21
        P1      | Y       | Pyrexia | 1      |            |
        P1      | Y       | Pyrexia | 1      | 2024-03-10 | 2024-03-11
        """
    ordered = frames(ADAE=ADAE.rstrip() + more)
    turned = {name: frame.iloc[::-1].reset_index(drop=True) for name, frame in ordered.items()}
    assert page(**ordered) == page(**turned)


def test_no_part_of_an_identifier_names_a_file():
    """Architecture 9: subject data never names a file."""
    for subject in ("RD1302-01-001", "../../etc/passwd", "<b>"):
        assert re.fullmatch(r"profiles/[0-9a-f]{16}\.html", profile_file(subject))
    assert profile_file("P1") != profile_file("P2")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "split: 28",
            "spilt: 28",
            "mappings/mini/tlf/profile.yml:4: profile.axis: no key called 'spilt' here",
        ),
        ("marker: bar", "marker: box", "profile.tracks.events: marker is 'box'; it must be one of dot"),
        ("#F07F3C", "red;", 'profile.tracks.events.colour: 3 must be a colour, "#RRGGBB"'),
        ("date: ADT, ", "", "profile.charts.copies: date is needed here"),
    ],
)
def test_a_fault_of_the_file_is_refused_with_file_and_line(tmp_path, old, new, said):
    with pytest.raises(SpecError, match=re.escape(said)):
        spec(tmp_path, SPEC.replace(old, new))


def test_a_variable_that_is_not_there_is_refused_with_what_was_meant(tmp_path):
    asked = spec(tmp_path, SPEC.replace("start: ASTDT", "start: ASTD"))
    with pytest.raises(SpecError, match=r"profile\.tracks\.events: .*ASTD.*did you mean ASTDT"):
        profiles_of(asked, frames(), Findings())


def test_the_profile_is_no_display():
    names = {one.stem for one in read_displays(ROOT / "rd1302" / "tlf", study("rd1302")).values()}
    assert "profile" not in names
    assert read_profile(ROOT / "rd1302" / "tlf").datasets == (
        "ADAE",
        "ADCM",
        "ADEX",
        "ADLB",
        "ADPC",
        "ADRS",
        "ADSL",
    )
    assert read_profile(ROOT / "cdiscpilot01" / "tlf") is None
