"""The thirty kinds of dirt with the ways each is planted [B-DIRT-1 to 30]."""

from __future__ import annotations

from dataclasses import dataclass

from edc.simulate.dice import Dice
from edc.simulate.dirt import codes, dates, results, stories
from edc.simulate.dirt.plant import HANDLED, QUERY, Plant, Variant
from edc.simulate.extract import Extract


@dataclass(frozen=True)
class Kind:
    """A kind of dirt, by its number in the design, and the ways it is planted."""

    name: str
    variants: tuple[Variant, ...]


KINDS: dict[int, Kind] = {
    1: Kind(
        "partial and impossible dates",
        (
            dates.partial("UN {name} {year}", 7),
            dates.impossible,
            dates.partial("UNK UNK {year}", 4),
            dates.partial("--{year}", 4),
            dates.partial("{year}/{month}", 7),
            dates.partial("{month}-{year}", 7),
        ),
    ),
    2: Kind(
        "mixed date formats",
        (
            dates.typed("{d}{b}{y}"),
            dates.ambiguous,
            dates.typed("{d}/{m}/{y}"),
            dates.typed("{y}年{mm}月{dd}日"),
        ),
    ),
    3: Kind(
        "text without its code",
        (
            codes.text_instead_of_code("RS", "RSOVR", "2", " cri"),
            codes.text_instead_of_code("DM", "SEX", "M", "male "),
            codes.text_instead_of_code("RS", "RSOVR", "1", "complete remission"),
            codes.text_instead_of_code("AE", "AEOUT", "1", "recoverd"),
            codes.text_instead_of_code("RS", "RSOVR", "1", "Cr"),
        ),
    ),
    4: Kind(
        "text and code disagree",
        (codes.disagrees("RS", "RSMRD"), codes.disagrees("AE", "AEGRSCAL"), codes.disagrees("BM", "BMQUAL")),
    ),
    5: Kind("page entered twice", (codes.repeated("VS"), codes.repeated("AE"), codes.repeated("BM"))),
    6: Kind(
        "page entered twice, different",
        (
            codes.repeated_differently("PS", "ECOG", ("0", "1", "2")),
            codes.repeated_differently("CM", "CMDOSE", ("7", "11")),
            codes.repeated_differently("VS", "PULSE", ("77", "79")),
        ),
    ),
    7: Kind("inactive records", (codes.inactive("AE"), codes.inactive("CM"), codes.inactive("PE"))),
    8: Kind(
        "other environment and test subject",
        (
            codes.other_environment("VS"),
            codes.test_subject("DM"),
            codes.other_environment("AE"),
            codes.test_subject("AE"),
        ),
    ),
    9: Kind("visit label wrong for its date", (dates.wrong_visit,)),
    10: Kind("visit before the previous one", (dates.visit_before,)),
    11: Kind(
        "units",
        (
            results.fahrenheit,
            results.weight_in("g", 1000, 0),
            results.lab_unit("HGB", "g/dL", 0.1, 1),
            results.lab_unit("PLT", "/uL", 1000, 0),
            results.lab_unit("CREA", "mg/dL", 1 / 88.4, 3),
            results.lab_unit("TBIL", "mg/dL", 1 / 17.1, 3),
            results.lesion_unit,
            results.dose_unit,
            results.weight_in("lb", 1 / 0.45359237, 1),
            results.weight_in("stone", 0.157473, 1),
            results.lab_unit("CA", "furlong", 1, 2, QUERY),
        ),
    ),
    12: Kind(
        "results as text",
        (
            results.lab_result("HBSAG", "阴性"),
            results.page_result("BM", "BMBLAST", "0-1", ("0", "1", "2", "0.5", "<1")),
            results.lab_result("FER", "1,200"),
            results.lab_result("EBV-DNA", "未检出"),
            results.lab_result("CMV-DNA", "1.2E5"),
            results.lab_result("HBSAG", "neg."),
            results.vendor_result("cytokine", "ANALYTE", "IL-6", ">5000"),
            results.vendor_result("ck_qpcr", "MATRIX", "PB", "BLQ"),
            results.page_result("LB", "LBORRES", "1+", ("POSITIVE",)),
            results.page_result("LB", "LBORRES", "+", ("TRACE", "POSITIVE")),
            results.lab_result("TBIL", "8,5", QUERY),
        ),
    ),
    13: Kind(
        "laboratory rows again",
        (
            results.lab_again("F", 1, False),
            results.lab_again("P", -2, True),
            results.lab_again("C", 3, True),
            results.cancelled,
        ),
    ),
    14: Kind(
        "samples and rows without a partner",
        (
            results.unknown_subject("central_lab", "SUBJID"),
            results.unknown_barcode,
            results.no_result,
            results.unknown_subject("cytokine", "SUBJID"),
        ),
    ),
    15: Kind(
        "characters outside ASCII",
        (
            codes.written(15, "CM", "CMINDC", "感染预防", QUERY, "Chinese text"),
            codes.written(15, "MH", "MHTERM", "“{}” ± 2 µm, 38 °C", HANDLED, "typographic characters"),
            codes.full_width,
            codes.written(15, "AE", "AETERM", "发热 ({})", QUERY, "Chinese text"),
        ),
    ),
    16: Kind(
        "text over 200",
        (
            codes.written(16, "AE", "AETERM", codes.LONG, HANDLED, "long text"),
            codes.written(16, "RS", "RSCOM", codes.LONG, HANDLED, "long text"),
            codes.written(16, "CM", "CMINDC", codes.LONG, HANDLED, "long text"),
        ),
    ),
    17: Kind("screen failure with partial data", (codes.partial_failure,)),
    18: Kind("lymphodepletion and no infusion page", (codes.never_infused,)),
    19: Kind(
        "dates against each other",
        (
            dates.end_before_start("CM", "CMSTDAT", "CMENDAT"),
            dates.after_death,
            dates.in_the_future,
            dates.end_before_start("AE", "AESTDAT", "AEENDAT"),
            dates.end_before_start("MH", "MHSTDAT", "MHENDAT"),
        ),
    ),
    20: Kind(
        "ongoing with an end",
        (
            dates.ongoing_with_end("CM", "CMONGO", "CMENDAT"),
            dates.ongoing_with_end("AE", "AEONGO", "AEENDAT"),
            dates.ongoing_with_end("MH", "MHONGO", "MHENDAT"),
        ),
    ),
    21: Kind("grades of one event", (stories.grades(True), stories.grades(False))),
    22: Kind(
        "death on one page only", (stories.no_death_page, stories.no_fatal_event, stories.alive_after_death)
    ),
    23: Kind(
        "response against findings", (stories.response_against_marrow, stories.relapse_without_response)
    ),
    24: Kind(
        "residual disease against itself", (results.residual("1", "0.35"), results.residual("2", "<0.01"))
    ),
    25: Kind("vendor time near midnight", (dates.near_midnight,)),
    26: Kind(
        "new form version",
        (
            stories.new_column("PS", "PSREAS"),
            stories.new_column("AE", "AEPATT"),
            stories.new_column("CM", "CMDUR"),
        ),
    ),
    27: Kind("total dose and dosing weight", (stories.total_dose, stories.other_weight, stories.no_surface)),
    28: Kind("infusion across midnight or in two records", (stories.across_midnight, stories.in_two_rows)),
    29: Kind(
        "blank page, not done with values",
        (
            codes.blank("PS", "ECOG"),
            codes.not_done_with_values("VS", "VSND", "PULSE"),
            codes.blank("EG", "HR"),
            codes.not_done_with_values("BM", "BMND", "BMBLAST"),
        ),
    ),
    30: Kind(
        "hazards of CSV",
        (
            stories.hazard("AE", "bom", "byte order mark"),
            stories.hazard("CM", "crlf", "line ends of Windows"),
            stories.hazard("VS", "trailing", "empty columns at the end"),
            stories.lost_zeros("PS"),
            stories.day_number("PRO", "PRDAT"),
            stories.break_inside("CM", "CMINDC"),
        ),
    ),
}

NOT_IN_ODM: dict[int, str] = {
    2: "a date item holds an ISO date, whole or partial, and nothing that was typed",
    3: "a coded item holds its code; the text is the code list's",
    4: "a coded item holds its code; the text is the code list's",
    30: "byte order marks, quotes, empty columns and what spreadsheets do are of CSV alone",
}
PARTLY_IN_ODM: dict[int, str] = {
    1: "the partial date is carried, the way it was typed is not",
}


def plant(extract: Extract, kind: int, dice: Dice, count: int = 3) -> list[Plant]:
    """Plants one kind at `count` places, each way in turn; the ledger of what was done.

    Ties: a place is used once; where a kind has fewer places in this extract, fewer are planted.
    """
    ledger: list[Plant] = []
    ways = KINDS[kind].variants
    planted = tried = 0
    while planted < count and tried < len(ways) * count:
        made = ways[tried % len(ways)](extract, dice)
        ledger += made
        planted, tried = planted + bool(made), tried + 1
    return ledger


def plant_all(extract: Extract, seed: int, count: int = 3) -> list[Plant]:
    """Every kind, in the order of its number; what was planted stays as it is."""
    return [
        line
        for kind, one in KINDS.items()
        for line in plant(extract, kind, Dice(seed, kind, "dirt"), max(count, len(one.variants)))
    ]


__all__ = ["HANDLED", "KINDS", "NOT_IN_ODM", "PARTLY_IN_ODM", "plant", "plant_all"]
