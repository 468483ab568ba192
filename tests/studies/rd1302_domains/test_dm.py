"""DM of rd1302: who was treated, and in which arm [C.1]."""

from __future__ import annotations

import pytest

from tests.studies.rd1302_domains.domain import domain

INF = """
    Subject | Folder | INFYN_STD | INFDAT     | INFSTTIM | INFENTIM | INFWT | INFDOSE | INFDOSEU_STD
    01-001  | D0     | Y         | 2024-03-15 | 10:00    | 10:30    | {} | 700     | {}
    """


@pytest.mark.parametrize(
    ("weight", "unit", "reference", "reason", "as_given"),
    [
        ("70", "10^6 cells", "2024-03-15T10:00", None, None),
        ("", "10^6 cells", "2024-03-15T10:00", "UNPLANNED TREATMENT", "RD13-02, dose per kg not known"),
        ("0", "10^6 cells", "2024-03-15T10:00", "UNPLANNED TREATMENT", "RD13-02, dose per kg not known"),
        ("70", "cells", "2024-03-15T10:00", "UNPLANNED TREATMENT", "RD13-02 0 10^6 CAR+ T cells/kg"),
        ("70", "furlong", "2024-03-15T10:00", "UNPLANNED TREATMENT", "RD13-02, dose per kg not known"),
    ],
)
def test_an_infusion_is_a_treatment_also_where_its_dose_per_kilogram_is_not_known(
    weight, unit, reference, reason, as_given
):
    """C.1 RFSTDTC: INFYN is Y and INFDOSE above 0; the weight and the unit are asked about, nothing else is lost."""
    got = domain("DM", INF=INF.format(weight, unit)).frame
    shown = got.set_index("SUBJID").loc["01-001", ["RFSTDTC", "ARMNRS", "ACTARMUD"]]
    assert [None if value != value else value for value in shown] == [reference, reason, as_given]


def test_whoever_was_infused_was_dosed_also_where_the_weight_is_not_known():
    got = domain("DS", INF=INF.format("", "10^6 cells")).frame
    assert "NEVER DOSED" not in got["DSDECOD"].tolist()
