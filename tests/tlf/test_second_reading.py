"""What a second programming of all displays found and no other test could see."""

import csv
import io

from tests.tables import table
from tests.tlf.frames import FOOTER, ROOT, study
from tlf.run import make_display
from tlf.spec import read_displays

ADSL = """
    USUBJID | SAFFL | TRT01AN | ACTARMCD | TRTSDT     | NACTDT
    P1      | Y     | 1       | DL1      | 2024-01-05 | 2024-03-01
    P2      | Y     | 1       | DL1      | 2024-01-05 | 2024-02-01
    P3      | Y     | 1       | DL1      | 2024-01-05 |
    """
ADCM = """
    USUBJID | CMSEQ | CMTRT      | CMDECOD    | ASTDT      | ASTDY | NACTFL
    P1      | 1     | Venetoclax | VENETOCLAX | 2024-03-01 | 57    | Y
    """
PR = """
    USUBJID | PRSEQ | PRTRT  | PRDECOD      | PRCAT                          | PRSTDTC    | PRSTDY
    P2      | 1     | 24 Gy  | RADIOTHERAPY | SUBSEQUENT ANTI-CANCER THERAPY | 2024-02-01 | 28
    P3      | 1     | Biopsy | BIOPSY       | STUDY ASSESSMENT               | 2024-02-01 | 28
    """
ADRS = """
    USUBJID | PARAMCD | AVALC | ADT
    P1      | BOR     | CR    | 2024-02-02
    P1      | RELAPSE | Y     | 2024-02-20
    """


def test_every_subject_with_a_new_therapy_is_in_a_listing_of_new_therapies():
    """D.1 NACTDT: medication (CM) or radiotherapy for disease (PR). P1 has the one, P2 the other, P3 none."""
    frames = {
        "ADSL": table(ADSL),
        "ADCM": table(ADCM),
        "CM": table("USUBJID | CMSEQ | CMENDTC\nP1 | 1 | 2024-03-09"),
        "PR": table(PR).assign(PRENDTC=None),
        "ADRS": table(ADRS),
        "SUPPCM": table("USUBJID | IDVARVAL | QNAM | QVAL\nP1 | 1 | NACTREAS | RELAPSE/PD"),
        "SUPPPR": table("USUBJID | IDVARVAL | QNAM | QVAL\nP2 | 1 | NACTREAS | RELAPSE/PD"),
    }
    displays = read_displays(ROOT / "rd1302" / "tlf", study("rd1302"))
    footer = FOOTER | {"datasets": dict.fromkeys(frames, "aa")}
    lines = {}
    for name, stem in (("L16.2.10.2", "l_16_2_10_2"), ("L16.2.10.3", "l_16_2_10_3")):
        text = make_display(displays[name], frames, footer).files[f"{stem}.csv"].decode()
        lines |= {line["Subject"]: line for line in csv.DictReader(io.StringIO(text, newline=""))}
    assert set(lines) == {"P1", "P2"}
    assert lines["P2"]["Start (day)"] == "2024-02-01 (28)"
    assert lines["P2"]["Reason"] == "RELAPSE/PD"
