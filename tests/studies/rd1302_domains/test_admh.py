"""ADMH of rd1302 from pages drawn by hand [D.7, D-IMP]."""

from __future__ import annotations

from tests.studies.rd1302_domains.domain import domain

HISTORY = """
    Subject | RecordPosition | MHTERM | MHPT         | MHSOC    | MHSTDAT    | MHENDAT    | MHONGO_STD
    01-001  | 1              | a      | Hypertension | Vascular | 2019       |            | Y
    01-001  | 2              | b      | Pneumonia    | Lung     | 2024-02    | 2024-02    | N
    01-001  | 3              | c      | Appendicitis | Gut      | 2010-05-03 | 2010-05-09 | N
    01-001  | 4              | d      | Asthma       | Lung     |            | 2025       | N
    """
DISEASE = "Subject | Folder | DHTYPE_STD | DXDAT | RELDAT\n01-001 | SCR | TALL | 2023-02 | 2024-01-10"


def test_a_history_has_its_collected_dates_or_their_first_and_last_days():
    """D-IMP as for CM: the first day of a start, the last of an end, not after death or the cut of 2025-06-30."""
    domain("ADMH", MH=HISTORY).shows("""
        MHTERM | MHDECOD      | MHBODSYS | ASTDT      | ASTDTF | AENDT      | AENDTF
        a      | Hypertension | Vascular | 2019-01-01 | M      |            |
        b      | Pneumonia    | Lung     | 2024-02-01 | D      | 2024-02-29 | D
        c      | Appendicitis | Gut      | 2010-05-03 |        | 2010-05-09 |
        d      | Asthma       | Lung     |            |        | 2025-06-30 | M
        """)


def test_the_history_of_the_disease_is_there_and_a_death_ends_what_it_can():
    """D.7: ADMH as MH; D-IMP: capped at death."""
    death = "Subject | Folder | DTHDAT | DTHCAUS_STD\n01-001 | LOG | 2025-03-20 | 1"
    got = domain("ADMH", MH=HISTORY, DH=DISEASE, DTH=death)
    assert str(got.frame.set_index("MHTERM").loc["d", "AENDT"].date()) == "2025-03-20"
    disease = got.frame[got.frame["MHCAT"] == "PRIMARY DIAGNOSIS"]
    assert [str(day.date()) for day in disease["ASTDT"]] == ["2023-02-01", "2024-01-10"]
    assert len(got.frame) == 6
