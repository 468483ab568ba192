"""The courses that a subject's disease takes after the infusion: a table, one line a course."""

from __future__ import annotations

from dataclasses import dataclass

ALIVE, DISEASE, RELATED, UNRELATED, GRAFT, OTHER, UNKNOWN = "", "1", "2", "3", "4", "5", "6"


@dataclass(frozen=True)
class Course:
    """What is found at each planned assessment, and what happens, on protocol days.

    `found` are overall responses (`-` not done, NE not evaluable), `residual` MRD results (n, p, e, or - for
    not done). Events have a day; 0 is never. `relapse` is the EDC's relapse type.
    """

    found: str
    residual: str = ""
    relapse: str = ""
    graft: int = 0
    graft_state: str = ""
    therapy: int = 0
    therapy_type: str = ""
    therapy_reason: str = ""
    death: int = 0
    cause: str = ""
    lost: int = 0
    withdrawn: int = 0
    second: int = 0
    lymphoma: bool = False
    storm: int = 1
    neuro: int = 0
    host: int = 0
    chronic: bool = False


COURSES = (
    Course("CR CR CR CR CR CR CR CR", "n n n n n n n n", storm=1),
    Course("CRi CR CR NE CR CR CR CR", "n n e - n n n n", storm=2, neuro=1, chronic=True),
    Course("CR CR CR CR CR CR CR CR", "n n n n - n n n", graft=103, graft_state="CR", storm=2),
    Course("CRi CR CR CR RD", "p n n n p", relapse="1", graft=68, graft_state="CR", therapy=158,
           therapy_type="2", therapy_reason="1", death=221, cause=DISEASE, storm=3, neuro=2),
    Course("CR CR RD", "n n p", relapse="1", therapy=92, therapy_type="1", therapy_reason="1",
           death=187, cause=DISEASE, storm=1),
    Course("CR CR CR CR CR RD", "n n p p p p", relapse="4", therapy=196, therapy_type="6",
           therapy_reason="1", storm=2, neuro=1),
    Course("PR PR PD", "p p p", therapy=95, therapy_type="4", therapy_reason="1", death=214,
           cause=DISEASE, storm=1),
    Course("NR NR", "p p", therapy=66, therapy_type="1", therapy_reason="2", death=301, cause=UNKNOWN),
    Course("PD", "p", death=51, cause=DISEASE, storm=0),
    Course("", "", death=17, cause=RELATED, storm=4, neuro=3),
    Course("CR CR CR -", "n n -", lost=163, storm=1),
    Course("CR CRi", "n n", withdrawn=74, storm=2),
    Course("PR CR CR CR CR CR CR CR", "n n n n - n n n", lymphoma=True, storm=1),
    Course("CR CR CR RD", "n n n n", relapse="2", therapy=134, therapy_type="5", therapy_reason="1",
           lymphoma=True, storm=2),
    Course("NR CR CR CR CR CR CR CR", "p n n n n n n n", second=37, storm=1),
    Course("CR CR CR CR", "n n n n", death=133, cause=RELATED, storm=2, host=4),
    Course("CR CR CR", "n n n", graft=88, graft_state="CR", death=152, cause=GRAFT, storm=3, neuro=1, host=2),
    Course("CRi CR - - CR CR RD", "n n - - n n n", relapse="3", storm=2, host=1),
)  # fmt: skip

FAILURES = (  # why a subject is not enrolled: EDC reason, criterion not met and what is answered
    ("1", "INCL04", "N"),
    ("2", "", ""),
    ("3", "", ""),
    ("1", "EXCL07", "Y"),
    ("4", "EXCL03", "Y"),
)
