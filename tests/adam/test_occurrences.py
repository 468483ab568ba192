"""Records of one event as one event: the ties that drawn pages do not reach [D.5]."""

from __future__ import annotations

from adam.verbs.occurrences import event_codes, flag_first, last_end
from tests.tables import table


def test_of_two_ends_on_one_day_the_known_one_counts():
    """D.5, D-IMP: an end that was collected is not shown as imputed."""
    records = table("""
        USUBJID | AEGRPID | AENDT      | AENDTF
        P1      | G1      | 2024-04-30 |
        P1      | G1      | 2024-04-30 | D
        P2      | G1      | 2024-04-30 | D
        P2      | G1      | 2024-04-30 |
        """)
    day, flag = last_end(records, event_codes(records, "AEGRPID"), "AENDT", "AENDTF")
    assert day.equals(records["AENDT"])
    assert flag.isna().all()


def test_a_record_without_a_start_or_time_is_not_the_first_of_its_event():
    """D.5: start = first."""
    records = table("""
        USUBJID | AEGRPID | ASTDT      | ASTDTM              | AESEQ
        P1      | G1      |            |                     | 1
        P1      | G1      | 2024-04-30 | 2024-04-30T00:00:00 | 2
        P1      | G2      | 2024-04-30 |                     | 3
        P1      | G2      | 2024-04-30 | 2024-04-30T09:00:00 | 4
        P1      |         |            |                     | 5
        P1      |         |            |                     | 6
        """)
    first = flag_first(records, event_codes(records, "AEGRPID"), ["ASTDT", "ASTDTM", "AESEQ"])
    assert first.tolist() == [False, True, False, True, True, True]
