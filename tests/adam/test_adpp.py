"""ADPP from drawn ADPC: what is estimable, why something is not, and which samples count (rule D.9)."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest

from adam.adpp import adpp
from clinical.read import Text
from tests.adam.cases import spec
from tests.tables import assert_table, table

SUBJECTS = """
    USUBJID | PKFL | TRTSTMF
    P1      | Y    |
    P2      | Y    |
    NOPK    | N    |
    """
GOLDEN = """
    USUBJID | PARAMCD | ARRELTM | AVAL  | PKEXCLFL | PKEXCRS | AVISITN | PCSEQ
    P1      | CARVCN  | -0.03   | 0     |          |         | 5       | 1
    P1      | CARVCN  | 4       | 1200  |          |         | 6       | 2
    P1      | CARVCN  | 7       | 25000 |          |         | 7       | 3
    P1      | CARVCN  | 10      | 88000 |          |         | 8       | 4
    P1      | CARVCN  | 14      | 41000 |          |         | 9       | 5
    P1      | CARVCN  | 21      | 6200  |          |         | 10      | 6
    P1      | CARVCN  | 28      | 900   |          |         | 11      | 7
    P1      | CARVCN  | 56      | 0     |          |         | 12      | 8
    """


def analysed(samples: str, subjects: str = SUBJECTS) -> tuple[pd.DataFrame, pd.DataFrame]:
    return adpp(table(subjects), table(samples), spec("adpp"))


@cache
def golden() -> tuple[pd.DataFrame, pd.DataFrame]:
    return analysed(GOLDEN)


def values(frame: pd.DataFrame, subject: str = "P1") -> dict[str, tuple[float, str]]:
    """Value (8 digits) and text of each parameter of a subject; missing is None."""
    own = frame[frame["USUBJID"] == subject]
    return {
        code: (None if pd.isna(value) else round(value, 8), None if pd.isna(text) else text)
        for code, value, text in zip(own["PARAMCD"], own["AVAL"], own["AVALC"], strict=True)
    }


def one(samples: list[tuple[float, float]]) -> dict[str, tuple[float, str]]:
    """The parameters of P1 with these samples (time, value), all planned for no visit."""
    lines = [f"P1 | CARVCN | {time} | {value} | | | | {n}" for n, (time, value) in enumerate(samples, 1)]
    return values(analysed("\n".join([GOLDEN.strip().splitlines()[0], *lines]))[0])


def test_the_golden_of_the_design():
    """D.9, the golden line; the area to day 28 and to the last quantifiable sample are the same here."""
    frame = golden()[0].assign(AVAL=golden()[0]["AVAL"].round(5))
    assert_table(
        frame[frame["USUBJID"] == "P1"],
        """
        PARAMCD | AVAL         | AVALC | AVALU             | testcd
        CMAX    | 88000        |       | DNA copies/ug     | CMAX
        TMAX    | 10           |       | day               | TMAX
        CLST    | 900          |       | DNA copies/ug     | CLST
        TLST    | 28           |       | day               | TLST
        AUC28   | 605528.3548  |       | day*DNA copies/ug | AUCINT
        AUCLST  | 605528.3548  |       | day*DNA copies/ug | AUCLST
        LAMZ    | 0.27278      |       | /day              | LAMZ
        LAMZHL  | 2.54104      |       | day               | LAMZHL
        R2ADJ   | 0.99992      |       |                   | R2ADJ
        PERS    | 28           |       | day               |
        PERSM3  |              |       |                   |
        PERSM6  |              |       |                   |
        PERSM12 |              |       |                   |
        """,
    )


def test_every_subject_of_the_population_has_every_parameter_and_nobody_else_has_one():
    frame = golden()[0]
    assert frame.groupby("USUBJID").size().to_dict() == {"P1": 13, "P2": 13}


def test_without_a_quantifiable_sample_nothing_is_estimable():
    """D.9; P2 has no sample at all, P1 only samples below the limit."""
    wanted = {
        code: (None, None if code.startswith("PERSM") else "NC: NO QUANTIFIABLE SAMPLE")
        for code in golden()[0]["PARAMCD"].unique()
    }
    assert values(golden()[0], "P2") == wanted
    assert one([(-0.1, 0), (4, 0), (28, 0)]) == wanted


def test_an_area_to_day_28_needs_a_sample_on_day_25_or_later():
    """D.9: last sample at 25 d is enough, the area goes to it; a BLQ sample is a sample."""
    assert one([(10, 100), (24.99, 100)])["AUC28"] == (None, "NC: LAST SAMPLE BEFORE DAY 25")
    assert one([(10, 100), (25, 100)])["AUC28"] == (500 + 1500, None)
    assert one([(10, 100), (20, 100), (25, 0)])["AUC28"] == (500 + 1000 + 250, None)
    assert one([(10, 100), (28, 100)])["AUC28"] == (500 + 1800, None)
    assert one([(10, 100), (38, 100)])["AUC28"] == (500 + 1800, None)


def test_the_area_to_the_last_quantifiable_sample_does_not_stop_at_day_28():
    assert one([(10, 100), (38, 100), (60, 0)])["AUCLST"] == (500 + 2800, None)


def test_a_half_life_needs_three_points_a_good_fit_and_a_decline():
    """D.9: adjusted R2 >= 0.80 and slope < 0, else not estimable."""
    few = [(10, 1000), (14, 100), (21, 50)]
    poor = [(10, 1000), (14, 20), (17, 400), (21, 10)]
    rising = [(10, 1000), (14, 100), (18, 200), (22, 400)]
    flat = [(10, 1000), (14, 100), (18, 100), (22, 100)]
    for samples, reason in (
        (few, "FEWER THAN 3 QUANTIFIABLE SAMPLES AFTER TMAX"),
        (poor, "ADJUSTED R-SQUARED BELOW 0.80"),
        (rising, "NO DECLINE AFTER TMAX"),
        (flat, "NO DECLINE AFTER TMAX"),
    ):
        got = one(samples)
        assert {got[code] for code in ("LAMZ", "LAMZHL", "R2ADJ")} == {(None, f"NC: {reason}")}
        assert got["CMAX"] == (1000, None)


def test_persistence_at_a_visit_is_what_its_samples_say():
    """D.9: quantifiable at the W12, M6, M12 sample; nothing without sample; what is excluded is no sample."""
    got = values(
        analysed("""
        USUBJID | PARAMCD | ARRELTM | AVAL | PKEXCLFL | PKEXCRS        | AVISITN | PCSEQ
        P1      | CARVCN  | 84      | 60   |          |                | 13      | 1
        P1      | CARVCN  | 180     | 0    |          |                | 16      | 2
        P1      | CARVCN  | 365     | 60   | Y        | QC FAIL        | 18      | 3
        """)[0]
    )
    assert [got[code] for code in ("PERSM3", "PERSM6", "PERSM12", "PERS")] == [
        (1, "Y"),
        (0, "N"),
        (None, None),
        (84, None),
    ]


def test_only_blood_that_is_not_excluded_counts_but_a_sample_off_its_nominal_time_does():
    """D.8: off nominal is left out of summaries by nominal time only; kinetics stop at a second infusion."""
    got = values(
        analysed("""
        USUBJID | PARAMCD | ARRELTM | AVAL | PKEXCLFL | PKEXCRS               | AVISITN | PCSEQ
        P1      | CARVCN  | 10      | 100  |          |                       | 8       | 1
        P1      | CARVBM  | 28      | 900  |          |                       | 11      | 2
        P1      | CARVCN  | 70      | 50   | Y        | OFF NOMINAL TIME      | 12      | 3
        P1      | CARVCN  | 90      | 800  | Y        | AFTER SECOND INFUSION |         | 4
        P1      | CARVCN  |         | 700  | Y        | COLLECTION TIME UNKNOWN |       | 5
        """)[0]
    )
    assert (got["CMAX"], got["TLST"]) == ((100, None), (70, None))


def test_a_parameter_is_traced_to_the_samples_it_was_made_of():
    """D-TRACE: a maximum and a last value to one sample, a missing maximum to all.

    D.9: an area to what it is drawn through, a rate to the points after TMAX that it was fitted to.
    """
    frame, lineage = golden()
    record = lineage.groupby(lineage["row"].map(frame["USUBJID"] + " " + frame["PARAMCD"]))["record"].agg(
        list
    )
    assert record["P1 CMAX"] == ["P1/4"]
    assert record["P1 TLST"] == ["P1/7"]
    assert record["P1 AUC28"] == record["P1 AUCLST"] == [f"P1/{n}" for n in range(1, 8)]
    assert record["P1 LAMZHL"] == record["P1 R2ADJ"] == ["P1/5", "P1/6", "P1/7"]
    assert record["P1 PERSM3"] == [f"P1/{n}" for n in range(1, 9)]
    assert record["P2 CMAX"] == ["P2"]
    assert set(lineage["row"]) == set(range(len(frame)))
    assert lineage["source"].map({"PC": "/", "ADSL": ""}).tolist() == [
        "/" if "/" in each else "" for each in lineage["record"]
    ]
    blank, behind = analysed(
        GOLDEN.splitlines()[1] + "\n P1 | CARVCN | 4 | 0 | | | 6 | 2\n P1 | CARVCN | 7 | 0 | | | 7 | 3"
    )
    top = blank.index[(blank["USUBJID"] == "P1") & (blank["PARAMCD"] == "CMAX")][0]
    assert behind.loc[behind["row"] == top, "record"].tolist() == ["P1/2", "P1/3"]


@pytest.mark.parametrize(("before", "area"), [("measured", 28 * 100.0), ("zero", 50 * 7 + 21 * 100.0)])
def test_an_area_starts_from_the_sample_before_the_dose_or_from_zero(before, area):
    """D.9, decision 32: 100 before the infusion, on day 7 and on day 28; by hand 100 * 28, or 7 * 100 / 2 + 21 * 100."""  # noqa: E501
    rules = spec("adpp")
    rules.parameters["area"]["before"] = Text(before, "adpp.yml:1", False)
    samples = """
        USUBJID | PARAMCD | ARRELTM | AVAL | PKEXCLFL | PKEXCRS | AVISITN | PCSEQ
        P1      | CARVCN  | -0.03   | 100  |          |         | 5       | 1
        P1      | CARVCN  | 7       | 100  |          |         | 7       | 2
        P1      | CARVCN  | 28      | 100  |          |         | 11      | 3
        """
    found = values(adpp(table(SUBJECTS), table(samples), rules)[0])
    assert found["AUC28"] == (area, None)
    assert found["CMAX"] == (100, None)


def traced(samples: list[tuple[float, float]], parameter: str) -> list[int]:
    """PCSEQ of the samples of P1 that a parameter is traced to; samples as (time, value), numbered from 1."""
    lines = [f"P1 | CARVCN | {time} | {value} | | | | {n}" for n, (time, value) in enumerate(samples, 1)]
    frame, lineage = analysed("\n".join([GOLDEN.strip().splitlines()[0], *lines]))
    (row,) = frame.index[(frame["USUBJID"] == "P1") & (frame["PARAMCD"] == parameter)]
    return [int(record.partition("/")[2]) for record in lineage.loc[lineage["row"] == row, "record"]]


def test_an_area_is_traced_to_the_samples_it_is_drawn_through():
    """D.9 AUC28: of two samples before the dose the last; none below the limit between quantifiable ones.

    A curve without a sample on day 28 is interpolated to the next one; what is later says nothing.
    """
    rise = [(-2, 0), (-1, 0), (4, 50), (7, 0), (10, 900)]
    assert traced([*rise, (27.9, 90), (28, 80), (28.1, 70)], "AUC28") == [2, 3, 5, 6, 7]
    assert traced([*rise, (27.9, 90), (28.1, 70), (56, 8)], "AUC28") == [2, 3, 5, 6, 7]
    assert traced([*rise, (25, 70)], "AUC28") == [2, 3, 5, 6]
    assert traced([*rise, (24.9, 70)], "AUC28") == [1, 2, 3, 4, 5, 6]
    assert traced([*rise, (27.9, 90), (28.1, 70), (56, 8), (90, 0)], "AUCLST") == [2, 3, 5, 6, 7, 8]


def test_a_half_life_is_traced_to_the_points_of_its_line():
    """D.9 LAMZHL: of 3 or more points after TMAX the set with the best fit; without a line to all samples."""
    line = [(21, 8000), (28, 4000), (35, 2000)]
    assert traced([(7, 500), (10, 90000), (14, 89999), *line], "LAMZHL") == [4, 5, 6]
    assert traced([(7, 500), (10, 90000), (14, 16000), *line], "LAMZHL") == [3, 4, 5, 6]
    assert traced([(7, 500), (10, 90000), (21, 8000), (28, 4000)], "LAMZHL") == [1, 2, 3, 4]
