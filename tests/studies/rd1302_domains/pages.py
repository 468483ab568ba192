"""A page or more of every form of rd1302, of one person whose every domain has records: for the laws of all datasets."""

from __future__ import annotations

import pandas as pd

from clinical.frames import Frame
from tests.studies.rd1302_domains.domain import AROUND, collected, plan

PAGES = AROUND | {
    "IELINE": """
    Subject | Folder | RecordPosition | IETESTCD_STD | IEORRES_STD
    01-001  | SCR    | 1              | EXCL13       | Y
    """,
    "MH": """
    Subject | RecordPosition | MHTERM       | MHPT         | MHSOC    | MHSTDAT | MHONGO_STD | MHCTCAE
    01-001  | 1              | hypertension | Hypertension | Vascular | 2019    | Y          | 2
    """,
    "DH": """
    Subject | Folder | DHTYPE_STD | DXDAT   | RELDAT     | DHSTAT_STD | DHLINES | DHCNS_STD
    01-001  | SCR    | TLBL       | 2023-01 | 2024-02-10 | 2          | 3       | CNS1
    """,
    "PT": """
    Subject | RecordPosition | PTTYPE_STD | PTTRT      | PTREG | PTSTDAT | PTBEST_STD | PTDONOR_STD
    01-001  | 1              | 1          | Chemo      | 1     | 2022-01 | CR         |
    01-001  | 2              | 3          | Transplant | 2     | 2022-09 | CR         | 2
    """,
    "VS": """
    Subject | Folder | PageRepeatNumber | VSDAT      | VSTIM | VSTPT_STD | TEMP | TEMP_UNIT | OXYSAT | O2DEV_STD | HEIGHT | WEIGHT | VSND
    01-001  | SCR    | 0                | 2024-03-02 |       | NA        | 98.6 | F         |        |           | 180    | 72     |
    01-001  | D0     | 0                | 2024-03-15 | 09:50 | PRE       | 37.1 | C         | 98     | 0         |        |        |
    01-001  | D28    | 0                |            |       |           |      |           |        |           |        |        | 1
    """,
    "PE": """
    Subject | Folder | PEDAT
    01-001  | SCR    | 2024-03-02
    """,
    "PELINE": """
    Subject | Folder | RecordPosition | PESYS_STD  | PERES_STD | PEDESC
    01-001  | SCR    | 1              | LYMPH NODE | A         | enlarged
    """,
    "PS": """
    Subject | Folder | PSDAT      | ECOG_STD
    01-001  | SCR    | 2024-03-02 | 1
    """,
    "EG": """
    Subject | Folder | EGDAT      | EGTIM | HR | QT  | EGINT_STD
    01-001  | SCR    | 2024-03-02 | 10:00 | 70 | 400 | 2
    """,
    "ECHO": """
    Subject | Folder | ECHODAT    | LVEF
    01-001  | SCR    | 2024-03-02 | 60
    """,
    "LB": """
    Subject | Folder | PageRepeatNumber | LBPANEL_STD | LBDAT      | LBTIM | LBND | LBACCN
    01-001  | SCR    | 0                | HEM         | 2024-03-02 | 08:00 |      | A1
    01-001  | D28    | 0                | VIRO        |            |       | 1    |
    """,
    "LBLINE": """
    Subject | Folder | RecordPosition | LBTEST | LBORRES | LBORRESU | LBLO | LBHI
    01-001  | SCR    | 1              | CRP    | 3.5     | mg/L     | 0    | 5
    """,
    "central_lab": """
    Subject | VISITNAME | COLLDATE         | ACCESSION | TESTCODE | RESULT | UNITS  | REFLOW | REFHIGH | SPECIMEN | STATUS | REPORTDT
    01-001  | Screening | 2024-03-02T08:00 | A1        | WBC      | 4.1    | 10^9/L | 4.0    | 10.0    | Blood    | F      | 2024-03-03
    01-001  |           | 2024-05-03T07:30 | A5        | ALB      | 4.1    | g/dL   |        |         | Serum    | F      | 2024-05-04
    01-001  | Screening | 2024-03-02T08:00 | A2        | CMV-DNA  | neg.   |        |        |         | Plasma   | F      | 2024-03-04
    """,
    "cytokine": """
    Subject | COLLDTC          | ANALYTE | RESULT | UNIT
    01-001  | 2024-03-15T09:00 | IL-6    | 12.5   | pg/mL
    """,
    "BM": """
    Subject | Folder | BMDAT      | BMBLAST | BMTYPE_STD | BMQUAL_STD | MRDDONE_STD | MRDMETH_STD | MRDRES_STD | MRDPCT | MRDSENS
    01-001  | SCR    | 2024-03-02 | 45      | 1          | 1          | Y           | 1           | 2          | 30     | 0.01
    """,
    "CSF": """
    Subject | Folder | CSFDAT     | CSFWBC | CSFBLAST_STD | CNSGR_STD
    01-001  | SCR    | 2024-03-02 | 5      | N            | CNS1
    """,
    "LES": """
    Subject | Folder | RecordPosition | LESID | LESTYPE_STD | LESLOC      | LESMETH_STD | LESDAT     | LDIAM | SDIAM | LESUNIT_STD | LESSTATE_STD
    01-001  | SCR    | 1              | T01   | T           | Mediastinum | CT          | 2024-03-02 | 2.5   | 2     | cm          | PRESENT
    01-001  | W8     | 1              | T01   | T           | Mediastinum | CT          | 2024-05-10 | 10    | 10    | mm          | PRESENT
    """,
    "RS": """
    Subject | Folder | RSDAT      | RSOVR_STD | RSCOM
    01-001  | D28    | 2024-04-12 | 3         |
    01-001  | W8     | 2024-05-10 | 7         | second opinion asked for
    """,
    "AE": """
    Subject | RecordPosition | AETERM | AEPT                      | AESTDAT    | AEENDAT    | AEGR_STD | AESI_STD | AEGRPID | AEOUT_STD
    01-001  | 1              | crs    | Cytokine release syndrome | 2024-03-16 | 2024-03-18 | 2        | 1        | G1      | 1
    01-001  | 2              | sepsis | Sepsis                    | 2024-06-20 | 2024-06-30 | 5        | 6        |         | 5
    """,
    "CRS": """
    Subject | RecordPosition | CRDAT      | CRTMAX | CRGR_STD
    01-001  | 1              | 2024-03-16 | 39.1   | 2
    """,
    "GVH": """
    Subject | Folder | GVDAT      | GVTYPE_STD | GVSKIN | GVGR_STD
    01-001  | D28    | 2024-04-12 | A          | 1      | 1
    """,
    "CM": """
    Subject | RecordPosition | CMTRT       | CMATC4                 | CMDOSE | CMDOSU | CMSTDAT    | CMAENO
    01-001  | 1              | tocilizumab | L04AC Interleukin toys | 480    | mg     | 2024-03-17 | 1
    """,
    "TRF": """
    Subject | RecordPosition | TRDAT      | TRPROD_STD | TRUNITS | TRUNIT_STD
    01-001  | 1              | 2024-03-20 | PLT        | 2       | U
    """,
    "PRO": """
    Subject | RecordPosition | PRTRT    | PRDAT      | PRINDC
    01-001  | 1              | Dialysis | 2024-03-20 | TLS
    """,
    "NACT": """
    Subject | RecordPosition | NATYPE_STD | NATRT | NASTDAT    | NAREAS_STD
    01-001  | 1              | 1          | FLAG  | 2024-05-11 | 1
    """,
    "PKS": """
    Subject | Folder | PageRepeatNumber | PKDAT      | PKTIM | PKTPT_STD | PKSAMP | PKSPEC_STD | PKND | PKREAS
    01-001  | D0     | 0                | 2024-03-15 | 09:30 | PRE       | B1     | 1          |      |
    01-001  | D28    | 0                | 2024-04-12 | 08:00 | VISIT     | B3     | 1          |      |
    """,
    "ck_qpcr": """
    Subject | BARCODE | COLLDTC          | MATRIX | RESULT  | UNIT           | LLOQ | REPEAT | QC
    01-001  | B1      | 2024-03-15T09:31 | PB     | <50     | copies/ug gDNA | 50   | 0      | PASS
    01-001  | B3      | 2024-04-12T08:00 | PB     | 8.8E+04 | copies/ug gDNA | 50   | 0      | PASS
    """,
    "ck_flow": """
    Subject | BARCODE | COLLDTC          | MATRIX | PARAM    | RESULT | UNIT | LLOQ | RUNID
    01-001  | B3      | 2024-04-12T08:00 | PB     | CAR+%CD3 | 12.5   | %    | 0.1  | F1
    """,
    "protocol_dev": """
    Subject | DVDAT      | DVCAT        | DVTERM           | DVIMP
    01-001  | 2024-03-16 | Visit window | Visit a day late | Minor
    """,
    "DTH": """
    Subject | Folder | DTHDAT     | DTHCAUS_STD | DTHTERM
    01-001  | LOG    | 2024-06-30 | 3           | Sepsis
    """,
    "DS": """
    Subject | Folder | DSTYPE_STD | DSDAT      | DSSTAT_STD | DSREAS_STD
    01-001  | EOS    | EOS        | 2024-06-30 | 2          | 1
    """,
}


def with_everything(raw: dict[str, Frame], subject: str = "01-901") -> dict[str, Frame]:
    """Raw frames of rd1302 with these pages added, as those of another person, at the end."""
    found = dict(raw)
    for name, drawn in PAGES.items():
        added = collected(name, drawn)
        added = added[added["Subject"] == "01-001"].copy()
        for column in {"Subject", "USUBJID", "record", plan().study.forms[name].subject}:
            added[column] = added[column].str.replace("01-001", subject)
        frame = found[name]
        whole = pd.concat([frame, added.reindex(columns=frame.columns)], ignore_index=True)
        found[name] = whole.astype({column: "str" for column in whole if column != "place"}).assign(
            place=range(len(whole))
        )
    return found
