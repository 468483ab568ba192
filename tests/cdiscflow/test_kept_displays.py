"""Displays taken over from the last run are what would be made again, byte for byte (decision 0020)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cdiscflow import tables
from clinical.lock import study_lock
from clinical.run import COMPLETE, Run
from tests.checks.finished import described, finished
from tests.rules.studies import lines
from tlf import canvas, pdf
from tlf import run as making

INPUTS = {"spec": "s", "terminology": "t", "code": "c", "packages": "p"}


@pytest.fixture(scope="module")
def study():
    return finished("rd1302")


class Nights:
    """Successive nights of the displays of one study."""

    def __init__(self, folder, plan, patch):
        self.folder, self.plan, self.number, self.made = folder, plan, 0, []
        whole = making.make_or_miss

        def watched(display, *more):
            self.made.append(display)
            return whole(display, *more)

        patch.setattr(making, "make_or_miss", watched)

    def night(self, derived, before=None, inputs=INPUTS, cut="2025-08-15"):
        """A run that holds nothing but displays: its folder and the findings."""
        self.number, self.made = self.number + 1, []
        with study_lock(self.folder, "test"):
            run = Run.begin(self.folder, f"night-{self.number}")
            found = tables.write_displays(
                self.plan, derived, run, cut, before, inputs, Path("none"), described(derived)
            )
            return run.finish({}, COMPLETE, "test", "test"), found


def content(run):
    """Every file of a run's displays by name."""
    paths = (path for folder in ("tlf", "state") for path in (run / folder).rglob("*"))
    return {path.name: path.read_bytes() for path in paths if path.is_file()}


def without_last_response(derived):
    """The same datasets, ADRS with a record less."""
    adrs = derived.outputs["ADRS"]
    outputs = {**derived.outputs, "ADRS": replace(adrs, frame=adrs.frame.iloc[:-1].reset_index(drop=True))}
    return replace(derived, outputs=outputs)


def test_only_displays_of_changed_datasets_are_made_again(study, tmp_path, monkeypatch):
    nights = Nights(tmp_path, study.plan, monkeypatch)
    first, found = nights.night(study.derived)
    everything = {display.name for display in nights.made}
    same, again = nights.night(study.derived, first)
    assert nights.made == []
    assert content(same) == content(first)
    assert lines(again) == lines(found)

    edited = without_last_response(study.derived)
    mixed, some = nights.night(edited, same)
    made = {display.name for display in nights.made}
    assert made == {display.name for display in nights.made if "ADRS" in display.datasets}
    assert 0 < len(made) < len(everything)
    full, all_of_them = nights.night(edited)
    assert content(mixed) == content(full)
    assert lines(some) == lines(all_of_them)


def test_a_display_that_could_not_be_made_says_so_every_night(study, tmp_path, monkeypatch):
    nights = Nights(tmp_path, study.plan, monkeypatch)
    outputs = {name: output for name, output in study.derived.outputs.items() if name == "ADRS"}
    lacking = replace(study.derived, outputs=outputs)
    first, found = nights.night(lacking)
    second, again = nights.night(lacking, first)
    assert nights.made == []
    assert set(again["message"]) == {"tlf.not-made", "tlf.profile-without"}
    assert lines(again) == lines(found)
    assert again.dtypes.astype(str).tolist() == found.dtypes.astype(str).tolist()
    assert content(second) == content(first)


@pytest.mark.parametrize("name", INPUTS)
def test_other_inputs_have_every_display_made_again(study, tmp_path, monkeypatch, name):
    nights = Nights(tmp_path, study.plan, monkeypatch)
    outputs = {name: output for name, output in study.derived.outputs.items() if name == "ADRS"}
    lacking = replace(study.derived, outputs=outputs)
    first, _ = nights.night(lacking)
    everything = len(nights.made)
    nights.night(lacking, first, INPUTS | {name: "other"})
    assert len(nights.made) == everything
    nights.night(lacking, first, cut="2025-08-16")
    assert len(nights.made) == everything


def test_a_figure_whose_numbers_are_as_they_were_is_not_drawn_again(study, tmp_path, monkeypatch):
    """A value that no display shows is another in ADTTE: footers change, curves do not."""
    nights = Nights(tmp_path, study.plan, monkeypatch)
    first, _ = nights.night(study.derived)
    adtte = study.derived.outputs["ADTTE"]
    other = replace(adtte, frame=adtte.frame.assign(SRCVAR="ELSEWHERE"))
    edited = replace(study.derived, outputs={**study.derived.outputs, "ADTTE": other})
    drawn, whole = [], canvas.draw
    monkeypatch.setattr(canvas, "draw", lambda grid, results: drawn.append(1) or whole(grid, results))
    mixed, _ = nights.night(edited, first)
    assert drawn == []
    full, _ = nights.night(edited)
    assert len(drawn) == len({name.split(".")[0] for name in content(full) if name.endswith(".png")})
    assert content(mixed) == content(full)
    assert content(mixed)["f_14_2_1.rtf"] != content(first)["f_14_2_1.rtf"]


def test_a_figure_that_was_missing_last_night_is_drawn_again(study, tmp_path, monkeypatch):
    nights = Nights(tmp_path, study.plan, monkeypatch)
    monkeypatch.setattr(canvas, "draw", lambda grid, results: dict.fromkeys(canvas.ENDINGS, b"<svg"))
    monkeypatch.setattr(pdf, "merged_pdf", lambda *given: b"%PDF")
    monkeypatch.setattr(making, "_picture", lambda png: {"pixels": [1, 1], "goal": [1, 1], "hex": ""})
    first, _ = nights.night(study.derived)
    outputs = {name: output for name, output in study.derived.outputs.items() if name != "ADTTE"}
    lacking, _ = nights.night(replace(study.derived, outputs=outputs), first)
    assert not (lacking / "tlf" / "f_14_2_1.png").exists()
    third, _ = nights.night(study.derived, lacking)
    assert content(third) == content(first)
