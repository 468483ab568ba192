"""What the twelve worked subjects of D.12 have beside response and times: drawn by hand, true to no study."""

from __future__ import annotations

import pandas as pd

from tests.tables import table

BASELINE = """
NUMBER | RFICDT     | DXDT       | DISTYPE | ETPFL | DISSTAT            | NPRLINES | PRHSCTFL | BLBLAST | BLBLGR1 | BLMRD | BLEMDFL | BLCNS | CD7PCT | BLECOG | BLWT | BLHT | BLBSA | DOSEPCT | DLTEVFL | PKFL | PPFL
01     | 2024-02-01 | 2023-02-01 | T-ALL   | Y     | PRIMARY REFRACTORY | 1        | N        | 60      | >=50    | 40.5  | N       | CNS1  | 90.5   | 0      | 50.5 | 170  | 1.54  | 80      | Y       | Y    | Y
02     | 2024-02-01 | 2023-08-01 | T-ALL   | N     | FIRST RELAPSE      | 2        | N        | 60      | >=50    | 40.5  | N       | CNS1  | 90.5   | 0      | 50.5 | 170  | 1.54  | 120     | Y       | Y    | Y
03     | 2024-02-01 | 2024-01-31 | T-ALL   |       | FIRST RELAPSE      | 3        | N        | 60      | >=50    | 40.5  | N       | CNS1  | 90.5   | 1      | 50.5 | 170  | 1.54  | 79.9    | N       | Y    | Y
04     | 2024-02-01 | 2024-02-01 | T-ALL   | N     | RELAPSE AFTER HSCT | 4        | Y        | 60      | >=50    | 40.5  | N       | CNS1  | 90.5   | 1      | 50.5 | 170  | 1.54  | 120.1   | N       | Y    | Y
05     | 2024-02-01 |            | T-ALL   | N     | RELAPSE AFTER HSCT | 5        | Y        | 60      | >=50    | 40.5  | N       | CNS1  | 90.5   | 2      | 50.5 | 170  | 1.54  | 100     | N       | Y    | Y
06     | 2024-02-01 |            | T-LBL   | N     | FIRST RELAPSE      | 1        | N        | 4.9     | <5      |       | Y       | CNS2  | 90.5   | 0      | 50.5 | 170  | 1.54  | 100     | Y       | Y    | Y
08     | 2024-02-01 |            | T-LBL   | N     | FIRST RELAPSE      | 1        | N        |         |         |       | Y       |       | 90.5   |        | 50.5 | 170  | 1.54  | 100     | Y       | N    | N
09     | 2024-02-01 |            | OTHER   | N     | FIRST RELAPSE      | 1        | N        | 5       | 5-<25   | 40.5  | N       | CNS1  | 90.5   | 0      | 50.5 | 170  | 1.54  | 100     | Y       | Y    | N
10     | 2024-02-01 |            | T-ALL   | N     | FIRST RELAPSE      | 1        | N        | 24.9    | 5-<25   | 40.5  | N       | CNS1  | 90.5   | 0      | 50.5 | 170  | 1.54  | 100     | Y       | Y    | Y
11     | 2024-02-01 |            | T-ALL   | N     | FIRST RELAPSE      | 1        | N        | 25      | 25-<50  | 40.5  | N       | CNS1  | 90.5   | 0      | 50.5 | 170  | 1.54  | 100     | Y       | Y    | Y
12     | 2024-02-01 |            | T-ALL   | N     | FIRST RELAPSE      | 1        | N        | 60      | >=50    | 40.5  | N       | CNS1  | 90.5   | 0      | 50.5 | 170  | 1.54  | 100     | Y       | Y    | Y
13     | 2024-02-01 |            | T-ALL   | N     | FIRST RELAPSE      | 1        | N        | 60      | >=50    | 40.5  | N       | CNS3  | 90.5   | 0      | 50.5 | 170  | 1.54  | 100     | Y       | Y    | Y
"""  # noqa: E501

OTHERS = {
    "DS": """
        NUMBER | DSTERM | DSDECOD
        02     | DEATH  | DEATH
        """,
    "DV": """
        NUMBER | DVCAT        | DVIMPACT
        01     | DOSING       | MAJOR
        01     | VISIT WINDOW | MINOR
        01     | VISIT WINDOW | MINOR
        02     | VISIT WINDOW | MINOR
        03     | CONSENT      |
        """,
    "ADEX": """
        NUMBER | PARAMCD | AVAL  | AVALC
        01     | DOSEPCT | 80    |
        02     | DOSEPCT | 120   |
        03     | DOSEPCT | 79.9  |
        04     | DOSEPCT | 120.1 |
        01     | INTERR  |       | Y
        02     | INTERR  |       | N
        01     | FLUDAYS | 3     |
        02     | FLUDAYS | 2     |
        """,
    "EX": """
        NUMBER | EXTRT       | EXDOSE | EXSTDY
        01     | RD13-02     | 8      | 1
        02     | RD13-02     | 10     | 2
        03     | RD13-02     | 10     | 3
        04     | RD13-02     | 0      | 31
        05     | FLUDARABINE | 30     | 31
        """,
    "CM": """
        NUMBER | CMCAT                          | CMSCAT
        01     | PRIOR ANTI-CANCER THERAPY      | SYSTEMIC
        02     | PRIOR ANTI-CANCER THERAPY      | CAR-T
        03     | SUBSEQUENT ANTI-CANCER THERAPY | CAR-T
        """,
    "PR": """
        NUMBER | PRCAT      | DONORTYP        | STATHSCT | PRSTDY
        03     | HSCT       | HAPLOIDENTICAL  | CRi      | 46
        04     | PRIOR HSCT | MATCHED SIBLING |          | -300
        05     | PRIOR HSCT | AUTOLOGOUS      |          | -300
        """,
    "TU": """
        NUMBER | TULOC                  | TULOBXFL | TUSTRESC
        06     | MEDIASTINAL LYMPH NODE | Y        | TARGET
        06     | INGUINAL LYMPH NODE    | Y        | NON-TARGET
        06     | SKIN                   |          | NEW
        """,
    "ADLB": """
        NUMBER | PARAMCD | LBSPEC | BASETYPE     | ABLFL | AVAL | ATOXGRL | ATOXGRH | ANL02FL | ANL03FL
        01     | BLASTLE | BLOOD  | PRE-LD       | Y     | 0    |         |         |         |
        02     | BLASTLE | BLOOD  | PRE-LD       | Y     | 0.5  |         |         |         |
        03     | BLASTLE | BLOOD  | PRE-INFUSION | Y     | 9    |         |         |         |
        """,
}


def _of_subjects(drawn: str) -> pd.DataFrame:
    frame = table(drawn, NUMBER="Char", EXSTDY="Num", PRSTDY="Num")
    return frame.drop(columns="NUMBER").assign(USUBJID=("RD1302-01-0" + frame["NUMBER"]).astype("str"))


def baseline() -> pd.DataFrame:
    """Columns of ADSL, a row for each worked subject."""
    return _of_subjects(BASELINE)


def others() -> dict[str, pd.DataFrame]:
    """Datasets beside ADSL, ADRS and ADTTE."""
    return {name: _of_subjects(drawn) for name, drawn in OTHERS.items()}
