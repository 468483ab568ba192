"""Laboratory pages and the laboratory's own deliveries: central_lab.csv and cytokine.csv."""

from __future__ import annotations

from edc.simulate.analytes import BY_CODE, CYTOKINES, PANELS, Analyte
from edc.simulate.blood import Blood
from edc.simulate.book import Book, clock, iso
from edc.simulate.dice import Dice
from edc.simulate.protocol import UNSCHEDULED
from edc.simulate.reaction import VIRUS
from edc.simulate.story import Story

COAGULATION = {"SCR", "LD1", "D0", "D4", "D7", "D10", "D14", "D28"}
VIRUSES = {"SCR", "D28", "W12", "M6"}
CYTOKINE_VISITS = {"LD1", "D0", "D4", "D7", "D10", "D14", "D21", "D28"}


class Laboratory:
    """Writes the samples of one subject, in the EDC and in the laboratory's files."""

    def __init__(self, book: Book, story: Story):
        self.book, self.story = book, story
        self.blood = Blood(story, book.dice("blood"))
        self.dice: Dice = book.dice("LB")
        self.samples = 0

    def write(self) -> None:
        """All samples at visits that took place."""
        for one in self.story.visits:
            if one.took_place and not one.phone:
                self._visit(one.visit.folder, one.visit.name, one.day, 0)
        for place, day in enumerate(self.story.unscheduled):
            self._visit(UNSCHEDULED, "UNSCHEDULED", day, place)
        for one in self.story.visits:
            if one.phone:
                page = {"LBPANEL": "HEM", "LBND": "1"}
                self.book.page("LB", one.visit.folder, one.day, page)

    def _visit(self, folder: str, name: str, day: int, instance: int) -> None:
        start = self.dice.whole(6 * 60, 8 * 60 + 30)
        counts = self.blood.counts(day - (self.story.infused or self.story.last))
        for place, panel in enumerate(self._panels(folder)):
            minute = start + 2 * place
            self.samples += 1
            accession = f"L{self.book.number:05d}{self.samples:04d}"
            page = {"LBPANEL": panel, "LBDAT": iso(day), "LBTIM": clock(minute)}
            page["LBACCN"] = accession if panel in PANELS else None
            if self.book.page("LB", folder, day, page, instance=instance, page=place) is None:
                continue
            if panel == "URIN":
                self._urine(folder, day, place, instance)
            elif panel == "CYTOKINE":
                self._cytokines(day, minute)
            else:
                self._results(name, day, minute, accession, panel, counts)

    def _panels(self, folder: str) -> list[str]:
        panels = ["HEM", "CHEM"]
        panels += ["COAG"] if folder in COAGULATION else []
        panels += ["CYTOKINE"] if folder in CYTOKINE_VISITS else []
        panels += ["VIRO"] if folder in VIRUSES else []
        if folder == "SCR":
            person = self.story.person
            panels += ["PREG"] if person.sex == "F" and 12 <= person.age(self.story.consent) <= 55 else []
            panels += ["URIN"]
        return panels

    def _urine(self, folder: str, day: int, page: int, instance: int) -> None:
        """Tests that the laboratory's file does not have are lines of the page."""
        lines = [
            (
                "PROT",
                self.dice.weighted({"NEGATIVE": 0.8, "TRACE": 0.1, "POSITIVE": 0.1}),
                "",
                "",
                "",
            ),
            ("GLUC", "NEGATIVE", "", "", ""),
            ("PCT", f"{self.dice.between(0.02, 0.4):.2f}", "ug/L", "0", "0.5"),
        ]
        for line, (test, result, unit, low, high) in enumerate(lines, start=1):
            values = {"LBTEST": test, "LBORRES": result, "LBORRESU": unit, "LBLO": low, "LBHI": high}
            self.book.page("LB", folder, day, values, instance=instance, page=page, line=line)

    def _results(
        self, name: str, day: int, minute: int, accession: str, panel: str, counts: tuple[float, float]
    ) -> None:
        collected = f"{iso(day)}T{clock(minute)}{self._offset}"
        reported = f"{iso(day)}T{clock(minute + 300)}{self._offset}"
        rows = self.book.vendor.setdefault("central_lab", [])
        fasting = "Y" if panel == "CHEM" else ""
        head = {
            "STUDY": self.book.protocol.project, "SITE": self.story.subject.split("-")[0],
            "SUBJID": self.story.subject, "VISITNAME": name, "COLLDATE": collected, "ACCESSION": accession,
            "FASTING": fasting, "STATUS": "F", "REPORTDT": reported,
            "SPECIMEN": "Blood" if panel == "HEM" else "Plasma" if panel in ("COAG", "VIRO") else "Serum",
        }  # fmt: skip
        total = 0.0
        results = {}
        for analyte in PANELS[panel]:
            text, total = self._text(analyte, day, counts, total)
            low, high = self._range(analyte)
            if high:
                results[analyte.code] = (float(text), float(low), float(high))
            rows.append({
                **head, "TESTCODE": analyte.code, "TESTNAME": analyte.name, "RESULT": text,
                "UNITS": analyte.unit, "REFLOW": low, "REFHIGH": high, "FLAG": _flag(text, low, high),
            })  # fmt: skip
        self.book.drawn.setdefault("results", []).append((collected[:16], results))

    def _range(self, analyte: Analyte) -> tuple[str, str]:
        if analyte.code == "HGB" and self.story.person.sex == "M":
            return "130", "175"
        if analyte.code == "CREA" and self.story.person.sex == "M":
            return "57", "97"
        return analyte.low, analyte.high

    def _text(
        self, analyte: Analyte, day: int, counts: tuple[float, float], total: float
    ) -> tuple[str, float]:
        """The result as reported; `total` collects what the white cells are made of."""
        since = day - (self.story.infused or self.story.last)
        if analyte.panel == "VIRO":
            return self._virus(analyte, since), total
        if analyte.code == "BLAST%":
            return str(self.blood.blasts(since)), total
        if analyte.code == "WBC":
            others = sum(self.blood.usual(BY_CODE[code]) for code in ("LYM#", "MONO#"))
            return f"{counts[0] + others * min(1.0, counts[0] / 1.5) + 0.05:.2f}", total
        value = {"NEU#": counts[0], "PLT": counts[1]}.get(analyte.code)
        value = self.blood.result(analyte, since, counts) if value is None else value
        return f"{value:.{analyte.digits}f}", total

    def _virus(self, analyte: Analyte, since: int) -> str:
        if analyte.code == "HBSAG":
            return "NEGATIVE"
        reaction = self.story.reaction
        if analyte.code == "CMV-DNA" and reaction and reaction.suffers(VIRUS, since):
            return str(self.dice.whole(520, 20_000))
        return self.dice.weighted({"<500": 0.6, "NOT DETECTED": 0.4})

    def _cytokines(self, day: int, minute: int) -> None:
        storm = self.blood.storm(day - self.story.infused)
        rows = self.book.vendor.setdefault("cytokine", [])
        for analyte, (unit, usual, most) in CYTOKINES.items():
            level = usual * (1, 12, 60, 260, 900)[storm] * self.dice.between(0.5, 1.9)
            text = f">{most}" if level > most else f"{level:.1f}" if level < 100 else f"{level:.0f}"
            rows.append({
                "SUBJID": self.story.subject, "COLLDTC": f"{iso(day)}T{clock(minute)}{self._offset}",
                "ANALYTE": analyte, "RESULT": text, "UNIT": unit,
            })  # fmt: skip

    @property
    def _offset(self) -> str:
        sign, rest = "-" if self.book.protocol.offset < 0 else "+", abs(self.book.protocol.offset)
        return f"{sign}{rest // 60:02d}:{rest % 60:02d}"


def _flag(text: str, low: str, high: str) -> str:
    """What the laboratory makes of a result: L, H, LL, HH or N."""
    if not high or text[:1] in "<>" or not text[:1].isdigit():
        return "N"
    value = float(text)
    if value < float(low):
        return "LL" if value < 0.5 * float(low) else "L"
    return "HH" if value > 2.5 * float(high) else "H" if value > float(high) else "N"
