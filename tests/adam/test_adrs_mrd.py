"""ADRS: MRD status, the samples that count and what follows from them (rules A.4, E-MRDSET).

The infusion is on 2024-03-04 (see `drawn_adsl`).
"""

from __future__ import annotations

from tests.adam.cases import ONE, made_adrs, made_with_lineage
from tests.tables import assert_table


def test_the_mrd_status_is_worked_out_from_percentage_and_sensitivity():
    """Rules A.4, B-DIRT-24: NEG below 0.01 with a sensitivity of 0.01 or better, POS from 0.01 on."""
    got = made_adrs(
        ONE,
        cp="""
        USUBJID | CPSEQ | CPDTC      | CPSTRESC | CPLLOQ | MRDQUAL       | BMQUAL
        P1      | 1     | 2024-04-01 | 0.0099   | 0.01   | POSITIVE      | ADEQUATE
        P1      | 2     | 2024-04-02 | 0.01     | 0.01   | NEGATIVE      | ADEQUATE
        P1      | 3     | 2024-04-03 | 0.005    | 0.001  | NEGATIVE      | ADEQUATE
        P1      | 4     | 2024-04-04 | 0        | 0.1    | NEGATIVE      | ADEQUATE
        P1      | 5     | 2024-04-05 | <0.01    |        | NEGATIVE      | ADEQUATE
        P1      | 6     | 2024-04-06 | <0.1     |        | NEGATIVE      | ADEQUATE
        P1      | 7     | 2024-04-07 | 0        |        | NEGATIVE      | ADEQUATE
        P1      | 8     | 2024-04-08 | NEGATIVE | 0.01   | NEGATIVE      | ADEQUATE
        P1      | 9     | 2024-04-09 | NEGATIVE |        | NEGATIVE      | ADEQUATE
        P1      | 10    | 2024-04-10 | POSITIVE |        | POSITIVE      | ADEQUATE
        P1      | 11    | 2024-04-11 | 0        | 0.01   | NOT EVALUABLE | ADEQUATE
        P1      | 12    | 2024-04-12 | 0.5      | 0.01   | POSITIVE      | HAEMODILUTE
        P1      | 13    | 2024-04-13 | >10      | 0.01   |               |
        P1      | 14    | 2024-04-14 | <0.1     | 0.01   | NEGATIVE      | ADEQUATE
        """,
        only=("MRD", "MRDPCT"),
    )
    assert_table(
        got,
        """
        PARAMCD | SRCSEQ | AVALC | AVAL  | SRCDOM | SRCVAR   | RSSEQ
        MRD     | 1      | NEG   | 0     | CP     | CPSTRESC |
        MRD     | 2      | POS   | 1     | CP     | CPSTRESC |
        MRD     | 3      | NEG   | 0     | CP     | CPSTRESC |
        MRD     | 4      | NE    |       | CP     | CPSTRESC |
        MRD     | 5      | NEG   | 0     | CP     | CPSTRESC |
        MRD     | 6      | NE    |       | CP     | CPSTRESC |
        MRD     | 7      | NE    |       | CP     | CPSTRESC |
        MRD     | 8      | NEG   | 0     | CP     | CPSTRESC |
        MRD     | 9      | NE    |       | CP     | CPSTRESC |
        MRD     | 10     | POS   | 1     | CP     | CPSTRESC |
        MRD     | 11     | NE    |       | CP     | CPSTRESC |
        MRD     | 12     | NE    |       | CP     | CPSTRESC |
        MRD     | 13     | POS   | 1     | CP     | CPSTRESC |
        MRD     | 14     | NE    |       | CP     | CPSTRESC |
        MRDPCT  | 1      |       |       | CP     | CPSTRESN |
        MRDPCT  | 2      |       | 0.01  | CP     | CPSTRESN |
        MRDPCT  | 3      |       | 0.005 | CP     | CPSTRESN |
        MRDPCT  | 4      |       | 0     | CP     | CPSTRESN |
        MRDPCT  | 5      |       |       | CP     | CPSTRESN |
        MRDPCT  | 6      |       |       | CP     | CPSTRESN |
        MRDPCT  | 7      |       | 0     | CP     | CPSTRESN |
        MRDPCT  | 8      |       |       | CP     | CPSTRESN |
        MRDPCT  | 9      |       |       | CP     | CPSTRESN |
        MRDPCT  | 10     |       |       | CP     | CPSTRESN |
        MRDPCT  | 11     |       | 0     | CP     | CPSTRESN |
        MRDPCT  | 12     |       | 0.5   | CP     | CPSTRESN |
        MRDPCT  | 13     |       |       | CP     | CPSTRESN |
        MRDPCT  | 14     |       |       | CP     | CPSTRESN |
        """,
    )


def test_blood_other_tests_and_samples_not_done_are_no_mrd_records():
    """Rule D.3 MRD: marrow only."""
    got = made_adrs(
        ONE,
        cp="""
        USUBJID | CPTESTCD | CPSPEC      | CPSTAT   | CPDTC      | CPSTRESC
        P1      | ABCCE    | BLOOD       |          | 2024-04-01 | 0
        P1      | CARTLYP  | BONE MARROW |          | 2024-04-01 | 0
        P1      | ABCCE    | BONE MARROW | NOT DONE | 2024-04-01 |
        """,
        only=("MRD", "MRDPCT", "MRDNEG"),
    )
    assert_table(got, "PARAMCD | AVALC | SRCVAR\nMRDNEG | N | ACUTDT")


def test_mrd_samples_count_up_to_progression_and_new_therapy_and_the_positive_wins_its_day():
    """Rule E-MRDSET."""
    got = made_adrs(
        """
        USUBJID | NACTDT
        PROGR   |
        THERAPY | 2024-05-06
        DAY     |
        """,
        """
        USUBJID | RSDTC      | RSSTRESC
        PROGR   | 2024-05-06 | PD
        """,
        """
        USUBJID | CPDTC      | CPSTRESC | MRDQUAL
        PROGR   | 2024-03-04 | 0        |
        PROGR   | 2024-05-06 | 0        |
        PROGR   | 2024-05-07 | 0        |
        THERAPY | 2024-05-06 | 0        |
        THERAPY | 2024-05-07 | 0        |
        DAY     | 2024-04-01 |          | NOT EVALUABLE
        DAY     | 2024-04-01 | 0        |
        DAY     | 2024-04-01 | 0.5      |
        DAY     | 2024-04-02 |          | NOT EVALUABLE
        DAY     | 2024-04-02 | 0        |
        """,
        only=("MRD", "MRDNEG"),
    )
    assert_table(
        got,
        """
        USUBJID | PARAMCD | ADT        | AVALC | ANL01FL | SRCSEQ
        PROGR   | MRD     | 2024-03-04 | NEG   |         | 1
        PROGR   | MRD     | 2024-05-06 | NEG   | Y       | 2
        PROGR   | MRD     | 2024-05-07 | NEG   |         | 3
        THERAPY | MRD     | 2024-05-06 | NEG   | Y       | 1
        THERAPY | MRD     | 2024-05-07 | NEG   |         | 2
        DAY     | MRD     | 2024-04-01 | NE    |         | 1
        DAY     | MRD     | 2024-04-01 | NEG   |         | 2
        DAY     | MRD     | 2024-04-01 | POS   | Y       | 3
        DAY     | MRD     | 2024-04-02 | NE    |         | 4
        DAY     | MRD     | 2024-04-02 | NEG   | Y       | 5
        PROGR   | MRDNEG  | 2024-05-06 | Y     |         | 2
        THERAPY | MRDNEG  | 2024-05-06 | Y     |         | 1
        DAY     | MRDNEG  | 2024-04-02 | Y     |         | 5
        """,
    )


def test_a_negative_sample_seven_days_from_a_complete_remission_makes_it_mrd_negative_eight_days_do_not():
    """Rule D.3 MRDORR: on either side, dated by the remission; PR is none."""
    got = made_adrs(
        "USUBJID\nBEFORE7\nBEFORE8\nAFTER7\nAFTER8\nPARTIAL\nSECOND",
        """
        USUBJID | RSDTC      | RSSTRESC
        BEFORE7 | 2024-04-15 | CR
        BEFORE8 | 2024-04-15 | CR
        AFTER7  | 2024-04-15 | CRi
        AFTER8  | 2024-04-15 | CRi
        PARTIAL | 2024-04-15 | PR
        SECOND  | 2024-04-15 | CR
        SECOND  | 2024-05-13 | CR
        """,
        """
        USUBJID | CPDTC      | CPSTRESC
        BEFORE7 | 2024-04-08 | 0
        BEFORE8 | 2024-04-07 | 0
        AFTER7  | 2024-04-22 | 0
        AFTER8  | 2024-04-23 | 0
        PARTIAL | 2024-04-15 | 0
        SECOND  | 2024-05-13 | 0
        """,
        only=("MRDORR",),
    )
    assert_table(
        got,
        """
        USUBJID | AVALC | AVAL | ADT        | SRCDOM | SRCSEQ
        BEFORE7 | Y     | 1    | 2024-04-15 | RS     | 1
        BEFORE8 | N     | 0    |            | ADSL   |
        AFTER7  | Y     | 1    | 2024-04-15 | RS     | 1
        AFTER8  | N     | 0    |            | ADSL   |
        PARTIAL | N     | 0    |            | ADSL   |
        SECOND  | Y     | 1    | 2024-05-13 | RS     | 2
        """,
    )


def test_a_molecular_relapse_is_positive_after_a_negative_sample_while_the_remission_holds():
    """Rule D.3 MRDREL: later than CR1 and than a NEG; the last response on or before the sample is CR/CRi."""
    got = made_adrs(
        "USUBJID\nYES\nONCR1\nNONEG\nNEGLATE\nLOST\nPDSAME",
        """
        USUBJID | RSDTC      | RSSTRESC
        YES     | 2024-04-01 | CRi
        ONCR1   | 2024-04-01 | CR
        NONEG   | 2024-04-01 | CR
        NEGLATE | 2024-04-01 | CR
        LOST    | 2024-04-01 | CR
        LOST    | 2024-04-29 | PR
        PDSAME  | 2024-04-01 | CR
        PDSAME  | 2024-04-29 | PD
        """,
        """
        USUBJID | CPDTC      | CPSTRESC
        YES     | 2024-03-20 | 0
        YES     | 2024-04-02 | 0.02
        ONCR1   | 2024-03-20 | 0
        ONCR1   | 2024-04-01 | 0.02
        NONEG   | 2024-04-29 | 0.02
        NEGLATE | 2024-04-29 | 0.02
        NEGLATE | 2024-05-06 | 0
        LOST    | 2024-04-01 | 0
        LOST    | 2024-04-29 | 0.02
        PDSAME  | 2024-04-01 | 0
        PDSAME  | 2024-04-29 | 0.02
        """,
        only=("MRDREL",),
    )
    assert_table(
        got,
        """
        USUBJID | AVALC | ADT        | SRCDOM | SRCVAR   | SRCSEQ
        YES     | Y     | 2024-04-02 | CP     | CPSTRESC | 2
        ONCR1   | N     |            | ADSL   | ACUTDT   |
        NONEG   | N     |            | ADSL   | ACUTDT   |
        NEGLATE | N     |            | ADSL   | ACUTDT   |
        LOST    | N     |            | ADSL   | ACUTDT   |
        PDSAME  | N     |            | ADSL   | ACUTDT   |
        """,
    )


def test_an_answer_of_mrd_is_traced_to_the_samples_that_decide():
    """D-TRACE, A.4: the negative sample near the response, of two the earlier; of a relapse the first."""
    adrs_of = made_with_lineage(
        ONE,
        rs="""
        USUBJID | RSSEQ | RSDTC      | RSSTRESC
        P1      | 1     | 2024-04-08 | CR
        P1      | 2     | 2024-06-08 | CR
        """,
        cp="""
        USUBJID | CPSEQ | CPDTC      | CPSTRESC | CPLLOQ
        P1      | 1     | 2024-03-28 | 0        | 0.01
        P1      | 2     | 2024-04-02 | 0        | 0.01
        P1      | 3     | 2024-04-14 | 0        | 0.01
        P1      | 4     | 2024-06-08 | 0.5      | 0.01
        """,
    )
    assert adrs_of("MRDORR") == ["RS P1/1", "CP P1/2"]
    assert adrs_of("MRDREL") == ["CP P1/4", "CP P1/1"]
    assert adrs_of("MRDNEG") == ["CP P1/1"]
    assert adrs_of("RELAPSE") == ["ADSL P1"]
