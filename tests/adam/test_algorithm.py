"""OVRD, the overall response from its components (rules A.4, D.3), on both sides of each limit.

The infusion is on 2024-03-04, the assessment on 2024-04-01 unless drawn otherwise. At baseline 60 % of the
marrow are blasts and 20 % of the blood.
"""

from __future__ import annotations

from dataclasses import replace

from adam.adrs import adrs
from clinical.read import Mapping, Text
from tests.adam.cases import NO_CP, NO_SV, NO_TU, drawn_adsl, drawn_cp, drawn_lb, drawn_rs, drawn_tr, spec
from tests.tables import table

ADSL = "USUBJID | BLBLAST\nP1 | 60"
SAID = "P1 | 2024-04-01 | CR"
LB = "USUBJID | LBDTC | LBTESTCD | LBSTRESC | LBLOBXFL | LBSPEC | BMQUAL"
BEFORE = "P1 | 2024-02-25 | BLASTLE | 20 | Y | |"
TR = "USUBJID | TRLNKID | TRDTC | TRTESTCD | TRSTRESC | TRLOBXFL"


def made(lb="", adsl=ADSL, rs=SAID, tu="", tr="", rules=None, before=BEFORE, more="") -> str:
    """`AVALC AVALRSN` of P1's assessments with drawn results."""
    given = (
        drawn_adsl(adsl),
        drawn_rs(f"USUBJID | RSDTC | RSSTRESC{more}\n{rs}"),
        drawn_cp(NO_CP),
        table(NO_SV),
    )
    found, _ = adrs(
        *given,
        spec=rules or spec("adrs", ("OVRD",)),
        lb=drawn_lb(f"{LB}\n{before}\n{lb}"),
        tu=table(f"{NO_TU}\n{tu}"),
        tr=drawn_tr(f"{TR}\n{tr}"),
    )
    return "; ".join(f"{row.AVALC} {row.AVALRSN}" for row in found.itertuples())


def of(marrow="1", blood="0", anc="1.1", plt="101", day="2024-04-01") -> str:
    """Results of one day; an empty one was not made."""
    results = {"BLASTNCE": marrow, "BLASTLE": blood, "NEUT": anc, "PLAT": plt}
    return "\n".join(f"P1 | {day} | {test} | {value} | | |" for test, value in results.items() if value)


def test_complete_remission_needs_both_counts_above_their_limits():
    """Rule A.4: CR ANC > 1.0 and PLT > 100; CRi ANC <= 1.0 or PLT <= 100."""
    assert made(of()) == "CR MARROW BLASTS"
    assert made(of(anc="1.01", plt="100.1")) == "CR MARROW BLASTS"
    assert made(of(anc="1.0")) == "CRi BLOOD COUNTS"
    assert made(of(plt="100")) == "CRi BLOOD COUNTS"
    assert made(of(anc="0.4", plt="20")) == "CRi BLOOD COUNTS"


def test_a_missing_count_is_no_remission_unless_the_other_is_too_low():
    """Rule A.4, NE: incomplete; a low count alone makes CRi."""
    assert made(of(anc="")) == "NE NO BLOOD COUNTS"
    assert made(of(plt="")) == "NE NO BLOOD COUNTS"
    assert made(of(anc="", plt="100")) == "CRi BLOOD COUNTS"


def test_the_marrow_is_in_remission_below_five_percent():
    """Rule A.4: < 5 % and 5-25 %."""
    assert made(of(marrow="4.9")) == "CR MARROW BLASTS"
    assert made(of(marrow="5")) == "PR MARROW BLASTS"
    assert made(of(marrow="<1")) == "CR MARROW BLASTS"
    assert made(of(marrow="4-5")) == "PR MARROW BLASTS"


def test_partial_response_has_at_most_25_percent_blasts_and_half_of_those_before():
    """Rule A.4: 5-25 % and >= 50 % below baseline."""
    assert made(of(marrow="25")) == "PR MARROW BLASTS"
    assert made(of(marrow="25.1")) == "NR MARROW BLASTS"
    assert made(of(marrow="15"), adsl="USUBJID | BLBLAST\nP1 | 30") == "PR MARROW BLASTS"
    assert made(of(marrow="15.1"), adsl="USUBJID | BLBLAST\nP1 | 30") == "NR MARROW BLASTS"


def test_blasts_in_the_blood_must_not_have_increased_for_a_partial_response():
    """Rule A.4: PR blood no increase; PD >= 25 % relative increase."""
    assert made(of(marrow="10", blood="20")) == "PR MARROW BLASTS"
    assert made(of(marrow="10", blood="21")) == "NR MARROW BLASTS"
    assert made(of(marrow="10", blood="24.9")) == "NR MARROW BLASTS"
    assert made(of(marrow="10", blood="25")) == "PD BLOOD BLASTS"
    assert made(of(marrow="1", blood="1")) == "NR BLOOD BLASTS"


def test_progression_is_a_quarter_more_blasts_in_the_marrow():
    """Rule A.4: PD >= 25 % relative increase, never having had CR/CRi; below 5 % it is no increase."""
    assert made(of(marrow="74.9")) == "NR MARROW BLASTS"
    assert made(of(marrow="75")) == "PD MARROW BLASTS"
    assert made(of(marrow="4.9"), adsl="USUBJID | BLBLAST\nP1 | 1") == "CR MARROW BLASTS"
    assert made(of(marrow="5"), adsl="USUBJID | BLBLAST\nP1 | 1") == "PD MARROW BLASTS"


def test_after_a_remission_the_same_blasts_are_a_relapse():
    """Rule A.4: RD after CR/CRi with marrow blasts >= 5 % or blood blasts; PD without one."""
    history = "P1 | 2024-03-20 | CRi\n" + SAID
    first = of(day="2024-03-20", anc="0.5")
    assert made(f"{first}\n{of(marrow='5')}", rs=history) == "CRi BLOOD COUNTS; RD MARROW BLASTS"
    assert made(f"{first}\n{of(marrow='4.9')}", rs=history) == "CRi BLOOD COUNTS; CR MARROW BLASTS"
    assert made(f"{first}\n{of(blood='1')}", rs=history) == "CRi BLOOD COUNTS; RD BLOOD BLASTS"
    assert made(f"{first}\n{of(marrow='75')}", rs=history.replace("CRi", "PR")).endswith("PD MARROW BLASTS")


def test_a_remission_before_the_infusion_or_of_the_same_day_is_none():
    """Rules A.4, E-PD: a screening response is baseline; after means on a later day."""
    screening = "P1 | 2024-03-04 | CR\n" + SAID
    assert made(of(marrow="75"), rs=screening) == "PD MARROW BLASTS"
    same = SAID + "\nP1 | 2024-04-01 | RELAPSED DISEASE"
    assert made(of(marrow="75"), rs=same) == "PD MARROW BLASTS; PD MARROW BLASTS"


def test_marrow_and_blood_may_be_seven_days_away_and_counts_three():
    """Rule D.3 OVRD: components within +-7 d, ANC and PLT nearest within +-3 d."""
    for marrow, counts, expected in (
        ("2024-03-25", "2024-03-29", "CR MARROW BLASTS"),
        ("2024-04-08", "2024-04-04", "CR MARROW BLASTS"),
        ("2024-03-24", "2024-03-29", "NE NO MARROW BLASTS"),
        ("2024-04-09", "2024-04-04", "NE NO MARROW BLASTS"),
        ("2024-03-25", "2024-03-28", "NE NO BLOOD COUNTS"),
        ("2024-04-08", "2024-04-05", "NE NO BLOOD COUNTS"),
    ):
        lb = of(anc="", plt="", day=marrow) + "\n" + of(marrow="", blood="", day=counts)
        assert made(lb) == expected, (marrow, counts)


def test_the_nearest_result_counts_and_of_two_as_near_the_later():
    """Rule D.3 OVRD: nearest; ties as everywhere to the later."""
    counts = of(marrow="", blood="")
    near = (
        of(marrow="40", blood="", anc="", plt="", day="2024-03-29")
        + "\n"
        + of(anc="", plt="")
        + "\n"
        + counts
    )
    assert made(near) == "CR MARROW BLASTS"
    tied = "\n".join(
        of(marrow=value, blood="", anc="", plt="", day=day)
        for value, day in (("40", "2024-03-30"), ("1", "2024-04-03"))
    )
    assert made(f"{tied}\n{of(marrow='')}") == "CR MARROW BLASTS"


def test_what_is_missing_is_said_and_never_guessed():
    """Rule A.4: NE not assessable (dry tap, sample lost, incomplete)."""
    assert made(of(marrow="")) == "NE NO MARROW BLASTS"
    assert made(of(blood="")) == "NE NO BLOOD BLASTS"
    dry = "P1 | 2024-04-01 | BLASTNCE | 1 | | | DRY TAP\n" + of(marrow="")
    assert made(dry) == "NE NO MARROW BLASTS"
    assert made(dry.replace("DRY TAP", "HAEMODILUTE")) == "CR MARROW BLASTS"
    nothing = "USUBJID | BLBLAST\nP1 |"
    assert made(of(marrow="10"), adsl=nothing) == "NE NO MARROW BLASTS AT BASELINE"
    assert made(of(marrow="4"), adsl=nothing) == "CR MARROW BLASTS"
    assert made(of(marrow="10", blood="1"), before="") == "NE NO BLOOD BLASTS AT BASELINE"
    assert made(of(marrow="10"), before="") == "PR MARROW BLASTS"


def test_progression_is_told_whatever_else_is_missing():
    """Rule A.4: PD and RD by one component are not undone by a missing one."""
    assert made(of(marrow="75", blood="", anc="", plt="")) == "PD MARROW BLASTS"
    assert made(of(marrow="", blood="25", anc="", plt="")) == "PD BLOOD BLASTS"


def fluid(value: str, day: str = "2024-04-01") -> str:
    return f"P1 | {day} | BLAST | {value} | | CEREBROSPINAL FLUID |"


def test_blasts_in_the_fluid_are_disease_outside_the_marrow():
    """Rule A.4: CR none; PD new; RD any extramedullary site. Never positive: not tested again is no lack."""
    good = of()
    assert made(f"{good}\n{fluid('ABSENT')}") == "CR MARROW BLASTS"
    assert made(f"{good}\n{fluid('PRESENT')}") == "PD CEREBROSPINAL FLUID"
    known = fluid("PRESENT", "2024-02-20")
    assert made(f"{good}\n{known}\n{fluid('PRESENT')}") == "NR CEREBROSPINAL FLUID"
    assert made(f"{good}\n{known}\n{fluid('ABSENT')}") == "CR MARROW BLASTS"
    assert made(f"{good}\n{known}") == "NE NO CEREBROSPINAL FLUID"
    cleared = f"{known}\n{fluid('ABSENT', '2024-03-20')}"
    assert made(f"{good}\n{cleared}") == "CR MARROW BLASTS"
    assert made(f"{good}\n{cleared}\n{fluid('PRESENT')}") == "PD CEREBROSPINAL FLUID"
    history = "P1 | 2024-03-20 | CR\n" + SAID
    assert made(f"{good}\n{fluid('PRESENT')}", rs=history).endswith("RD CEREBROSPINAL FLUID")


def changed(**limits: str):
    """The spec with other settings of the study or another reference of an increase."""
    whole = spec("adrs", ("OVRD",))
    node, study = whole.parameters, whole.study
    if "increase_from" in limits:
        algorithm = node["algorithm"]
        reference = Text(limits.pop("increase_from"), algorithm.at)
        other = Mapping({**algorithm, "increase_from": reference}, algorithm.at, algorithm.lines)
        node = Mapping({**node, "algorithm": other}, node.at, node.lines)
    texts = {key: Text(value, study.line(key)) for key, value in limits.items()}
    return replace(whole, parameters=node, study=Mapping({**study, **texts}, study.at, study.lines))


def test_every_limit_is_a_setting_of_the_study():
    """Rule A.5: cr_anc, cr_plt, cr_blast, pr_blast_max, pr_requires_counts."""
    for limits, lb, before, after in (
        ({"cr_anc": "1.2"}, of(), "CR MARROW BLASTS", "CRi BLOOD COUNTS"),
        ({"cr_plt": "101"}, of(), "CR MARROW BLASTS", "CRi BLOOD COUNTS"),
        ({"cr_blast": "10"}, of(marrow="9"), "PR MARROW BLASTS", "CR MARROW BLASTS"),
        ({"pr_blast_max": "28"}, of(marrow="28"), "NR MARROW BLASTS", "PR MARROW BLASTS"),
    ):
        assert (made(lb), made(lb, rules=changed(**limits))) == (before, after), limits
    required = changed(pr_requires_counts="true")
    assert made(of(marrow="10"), rules=required) == "PR MARROW BLASTS"
    assert made(of(marrow="10", anc="1.0"), rules=required) == "NR BLOOD COUNTS"
    assert made(of(marrow="10", anc=""), rules=required) == "NE NO BLOOD COUNTS"
    assert made(of(marrow="10", anc="1.0")) == "PR MARROW BLASTS"


def test_an_increase_is_from_baseline_or_from_the_smallest_value_so_far():
    """Rule A.4 names no reference; decision 31: baseline, or as an option the nadir."""
    history = "P1 | 2024-03-20 | PR\n" + SAID
    for blasts, from_nadir in (("24.9", "PR"), ("25", "PD")):
        lb = of(marrow="20", day="2024-03-20") + "\n" + of(marrow=blasts)
        assert made(lb, rs=history) == "PR MARROW BLASTS; PR MARROW BLASTS"
        got = made(lb, rs=history, rules=changed(increase_from="nadir"))
        assert got == f"PR MARROW BLASTS; {from_nadir} MARROW BLASTS"


def test_the_order_of_the_results_does_not_matter():
    """Style guide: a derivation does not care in which order the rows arrive."""
    lines = [
        *of(marrow="10", day="2024-03-31").splitlines(),
        *of(marrow="30", day="2024-03-30").splitlines(),
        fluid("PRESENT", "2024-02-20"),
        fluid("ABSENT", "2024-03-20"),
    ]
    assert made("\n".join(lines)) == made("\n".join(reversed(lines))) == "PR MARROW BLASTS"


def test_an_assessment_before_the_infusion_or_without_date_has_no_check():
    """Rule D.3: TRTSDT < ADT, as for every use of a response."""
    assert made(of(day="2024-03-04"), rs="P1 | 2024-03-04 | CR") == ""
    assert made(of(day="2024-03-05"), rs="P1 | 2024-03-05 | CR") == "CR MARROW BLASTS"
    assert made(of(), rs="P1 | | CR") == ""
