"""The hospital laboratory's own list: its codes, names, units and reference ranges."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Analyte:
    """A test of the laboratory; `usual` and `spread` (in percent) of a patient's results, `digits` shown."""

    code: str
    name: str
    panel: str
    unit: str
    low: str
    high: str
    usual: float
    spread: float
    digits: int


def _table(panel: str, lines: str) -> list[Analyte]:
    made = []
    for line in lines.strip().splitlines():
        code, name, unit, low, high, usual, spread, digits = (part.strip() for part in line.split("|"))
        made.append(Analyte(code, name, panel, unit, low, high, float(usual), float(spread), int(digits)))
    return made


ANALYTES = [
    *_table("HEM", """
        WBC    | White blood cells       | 10^9/L | 3.5 | 9.5  | 5.0 | 8  | 2
        NEU#  | Neutrophils, absolute   | 10^9/L | 1.8 | 6.3  | 3.0 | 8  | 2
        LYM# | Lymphocytes, absolute   | 10^9/L | 1.1 | 3.2  | 1.0 | 10 | 2
        MONO#  | Monocytes, absolute     | 10^9/L | 0.1 | 0.6  | 0.4 | 15 | 2
        EOS#    | Eosinophils, absolute   | 10^9/L | 0.02 | 0.52 | 0.1 | 25 | 2
        HGB    | Haemoglobin             | g/L    | 115 | 150  | 98  | 4  | 0
        PLT    | Platelets               | 10^9/L | 125 | 350  | 150 | 5  | 0
        RET   | Reticulocytes           | %      | 0.5 | 1.5  | 1.0 | 20 | 2
        BLAST% | Blasts in blood         | %      |     |      | 0   | 0  | 0
        """),
    *_table("CHEM", """
        ALT   | Alanine aminotransferase   | U/L    | 7   | 40   | 28  | 18 | 0
        AST   | Aspartate aminotransferase | U/L    | 13  | 35   | 24  | 18 | 0
        ALP   | Alkaline phosphatase       | U/L    | 45  | 125  | 85  | 10 | 0
        GGT   | Gamma-glutamyltransferase  | U/L    | 10  | 60   | 38  | 15 | 0
        TBIL  | Bilirubin, total           | umol/L | 3.4 | 20.5 | 11  | 18 | 1
        DBIL  | Bilirubin, direct          | umol/L | 0   | 6.8  | 3.6 | 18 | 1
        ALB   | Albumin                    | g/L    | 40  | 55   | 41  | 4  | 1
        TP    | Protein, total             | g/L    | 65  | 85   | 68  | 4  | 1
        CREA  | Creatinine                 | umol/L | 41  | 81   | 58  | 8  | 0
        UREA  | Urea nitrogen              | mmol/L | 2.6 | 7.5  | 4.8 | 14 | 2
        UA    | Urate                      | umol/L | 155 | 357  | 260 | 12 | 0
        K     | Potassium                  | mmol/L | 3.5 | 5.3  | 4.1 | 5  | 2
        NA    | Sodium                     | mmol/L | 137 | 147  | 140 | 1  | 0
        CA    | Calcium                    | mmol/L | 2.11 | 2.52 | 2.25 | 3 | 2
        P     | Phosphate                  | mmol/L | 0.85 | 1.51 | 1.12 | 9 | 2
        MG    | Magnesium                  | mmol/L | 0.75 | 1.02 | 0.86 | 5 | 2
        GLU   | Glucose                    | mmol/L | 3.9 | 6.1  | 5.4 | 9  | 2
        LDH   | Lactate dehydrogenase      | U/L    | 120 | 250  | 215 | 12 | 0
        CRP   | C-reactive protein         | mg/L   | 0   | 8    | 4   | 40 | 1
        FER   | Ferritin                   | ug/L   | 13  | 400  | 420 | 15 | 0
        """),
    *_table("COAG", """
        INR    | Prothrombin time, INR | RATIO | 0.8  | 1.2  | 1.05 | 4  | 2
        APTT   | Activated PTT         | sec   | 25   | 37   | 30   | 5  | 1
        FIB    | Fibrinogen            | g/L   | 2    | 4    | 3.0  | 12 | 2
        DDIMER | D-dimer               | mg/L FEU | 0 | 0.5  | 0.4  | 35 | 2
        """),
    *_table("VIRO", """
        CMV-DNA  | Cytomegalovirus DNA, plasma  | copies/mL | | | 0 | 0 | 0
        EBV-DNA  | Epstein-Barr virus DNA, plasma | copies/mL | | | 0 | 0 | 0
        HHV6-DNA | Herpesvirus 6 DNA, plasma    | copies/mL | | | 0 | 0 | 0
        HBV-DNA  | Hepatitis B virus DNA, serum | IU/mL | | | 0 | 0 | 0
        HBSAG    | Hepatitis B surface antigen  |  | | | 0 | 0 | 0
        """),
    *_table("PREG", """
        HCG | Choriogonadotropin, beta | IU/L | 0 | 5 | 1.2 | 20 | 1
        """),
]  # fmt: skip
BY_CODE = {one.code: one for one in ANALYTES}
PANELS = {
    name: tuple(one for one in ANALYTES if one.panel == name)
    for name in ("HEM", "CHEM", "COAG", "VIRO", "PREG")
}
CYTOKINES = {"IL-6": ("pg/mL", 8, 5000), "IL-10": ("pg/mL", 5, 2500), "IFN-g": ("pg/mL", 3, 5000),
             "IL-2R": ("U/mL", 480, 7500), "ferritin": ("ng/mL", 450, 40000)}  # fmt: skip
