"""Samples for cellular kinetics: pages of the EDC, and the files of the vendor (times in UTC)."""

from __future__ import annotations

from edc.simulate.book import Book, clock, iso, utc
from edc.simulate.dice import Dice
from edc.simulate.story import Story

LOWEST, HIGHEST = 50, 5_000_000


def level(story: Story, since: float) -> float:
    """CAR copies in a microgram of DNA, days after the infusion: expansion, then two phases of decline."""
    reaction = story.reaction
    if since <= 0 or reaction is None:
        return 0.0
    if since < 2:
        return 300.0 * 0.3**since
    if since <= reaction.peak_day:
        low, share = 90.0, (since - 2) / (reaction.peak_day - 2)
        return low * (reaction.peak / low) ** share
    after = since - reaction.peak_day
    return reaction.peak * (0.9 * 0.5 ** (after / 4) + 0.1 * 0.5 ** (after / reaction.half_life))


class Samples:
    """Writes the samples of one subject."""

    def __init__(self, book: Book, story: Story):
        self.book, self.story = book, story
        self.dice: Dice = book.dice("PKS")
        self.taken = 0

    def write(self) -> None:
        """Before and after the infusion, then at each visit; marrow and fluid at day 28."""
        first = self.story.infusions[0]
        end = first.start + first.minutes + first.interrupted
        for one in self.story.visits:
            if not one.visit.kinetics or not one.took_place:
                continue
            if one.visit.day == 0:
                self._sample(one.visit.folder, one.day, first.start - self.dice.whole(20, 50), "PRE", "1", 0)
                self._sample(one.visit.folder, one.day, end + 60 + self.dice.whole(-5, 5), "EOI1H", "1", 1)
                continue
            if one.phone:
                missed = {"PKTPT": "VISIT", "PKSPEC": "1", "PKND": "1", "PKREAS": "Visit by telephone"}
                self.book.page("PKS", one.visit.folder, one.day, missed)
                continue
            # some sites draw just after midnight: the UTC day is then the day before
            minute = self.dice.whole(6 * 60, 9 * 60) if self.dice.chance(0.9) else self.dice.whole(5, 110)
            self._sample(one.visit.folder, one.day, minute, "VISIT", "1", 0)
            if one.visit.day in (28, 84):
                self._sample(one.visit.folder, one.day, 10 * 60, "VISIT", "2", 1)
            if one.visit.day == 28 and self.dice.chance(0.5):
                self._sample(one.visit.folder, one.day, 10 * 60 + 30, "VISIT", "3", 2)

    def _sample(self, folder: str, day: int, minute: int, point: str, specimen: str, page: int) -> None:
        self.taken += 1
        barcode = f"CK{self.book.number:05d}{self.taken:03d}"
        values = {
            "PKDAT": iso(day), "PKTIM": clock(minute), "PKTPT": point, "PKSAMP": barcode, "PKSPEC": specimen,
        }  # fmt: skip
        if self.book.page("PKS", folder, day, values, page=page) is None:
            return
        since = day - self.story.infused + (minute - self.story.infusions[0].start) / 1440
        if point == "PRE":
            since = 0
        copies = level(self.story, since) * (1, 0.6, 0.15)[int(specimen) - 1] * self.dice.between(0.8, 1.25)
        moment = day * 86_400 + (minute - self.book.protocol.offset) * 60
        drawn = (barcode, f"{iso(day)}T{clock(minute)}", specimen, copies)
        self.book.drawn.setdefault("samples", []).append(drawn)
        self._copies(barcode, moment, specimen, copies)
        if specimen == "1" and (since == 0 or since > 2):
            self._flow(barcode, moment, copies)

    def _copies(self, barcode: str, moment: int, specimen: str, copies: float) -> None:
        if copies < LOWEST:
            result = self.dice.weighted({"<50": 0.6, "BLQ": 0.4})
        else:
            result = f"{copies:.1E}" if copies > 30_000 and self.dice.chance(0.4) else f"{copies:.0f}"
        rows = self.book.vendor.setdefault("ck_qpcr", [])
        row = {
            "STUDYNO": self.book.protocol.project, "SUBJECT": self.story.subject, "BARCODE": barcode,
            "COLLDTC": utc(moment), "MATRIX": ("PB", "BM", "CSF")[int(specimen) - 1], "ASSAY": "VCN-CAR7",
            "RESULT": result, "UNIT": "copies/ug gDNA", "LLOQ": str(LOWEST), "ULOQ": str(HIGHEST),
            "DNA_NG": f"{self.dice.between(80, 240):.0f}", "RUNID": f"Q{self.dice.whole(1000, 9999)}",
            "ANALDT": utc(moment + 4 * 86_400)[:10], "REPEAT": "0", "QC": "PASS", "COMMENT": "",
        }  # fmt: skip
        if self.dice.chance(0.04):
            rows.append({**row, "RESULT": "NR", "QC": "FAIL", "COMMENT": "Inhibition control failed"})
            row |= {
                "REPEAT": "1",
                "RUNID": f"Q{self.dice.whole(1000, 9999)}",
                "COMMENT": "Repeat of failed run",
            }
        rows.append(row)

    def _flow(self, barcode: str, moment: int, copies: float) -> None:
        share = min(92.0, copies / 1200)
        helper = self.dice.between(20, 60)
        count = share * self.dice.between(4, 11)
        rows = self.book.vendor.setdefault("ck_flow", [])
        for name, value, unit, least in (
            ("CAR+%CD3", share, "%", "0.1"),
            ("CAR+ABS", count, "cells/uL", "0.5"),
            ("CD4CAR%", helper, "%", "0.1"),
            ("CD8CAR%", 96 - helper, "%", "0.1"),
        ):
            if name.startswith("CD") and share < 0.1:
                continue
            text = f"<{least}" if value < float(least) else f"{value:.2f}"
            rows.append({
                "STUDYNO": self.book.protocol.project, "SUBJECT": self.story.subject, "BARCODE": barcode,
                "COLLDTC": utc(moment), "MATRIX": "PB", "PARAM": name, "RESULT": text, "UNIT": unit,
                "LLOQ": least, "RUNID": f"F{barcode[2:7]}",
            })  # fmt: skip
