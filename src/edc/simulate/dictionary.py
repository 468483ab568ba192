"""A toy dictionary: terms and drugs as a coder would return them, with invented codes.

The licensed dictionaries are not shipped; no code here is theirs.
"""

from __future__ import annotations

from zlib import crc32

VERSION = "MedDRA 26.0"
DRUG_VERSION = "toy WHODrug 1"

BLOOD = "Blood and lymphatic system disorders"
GENERAL = "General disorders and administration site conditions"
IMMUNE = "Immune system disorders"
INFECTION = "Infections and infestations"
TESTS = "Investigations"
NERVOUS = "Nervous system disorders"
DIGESTIVE = "Gastrointestinal disorders"
LIVER = "Hepatobiliary disorders"
ONCOLOGY = "L ANTINEOPLASTIC AND IMMUNOMODULATING AGENTS"
CYTOTOXIC = "L01 ANTINEOPLASTIC AGENTS"
ANTIINFECTIVE = "J ANTIINFECTIVES FOR SYSTEMIC USE"
ANTIVIRAL = "J05 ANTIVIRALS FOR SYSTEMIC USE"
HORMONES = "H SYSTEMIC HORMONAL PREPARATIONS"
STEROIDS = "H02 CORTICOSTEROIDS FOR SYSTEMIC USE"
PLAIN_STEROIDS = "H02A CORTICOSTEROIDS, PLAIN"
METABOLIC = "Metabolism and nutrition disorders"

# as written by the site: LLT, PT, HLT, HLGT, SOC
TERMS: dict[str, tuple[str, str, str, str, str]] = {
    "Cytokine release syndrome": (
        "Cytokine release syndrome",
        "Cytokine release syndrome",
        "Acute and chronic immune reactions",
        "Immune disorders NEC",
        IMMUNE,
    ),
    "ICANS": (
        "ICANS",
        "Immune effector cell-associated neurotoxicity syndrome",
        "Encephalopathies toxic",
        "Encephalopathies",
        NERVOUS,
    ),
    "aGVHD": (
        "Acute GVHD",
        "Acute graft versus host disease",
        "Transplant reactions",
        "Immune disorders NEC",
        IMMUNE,
    ),
    "cGVHD, skin": (
        "Chronic GVHD",
        "Chronic graft versus host disease",
        "Transplant reactions",
        "Immune disorders NEC",
        IMMUNE,
    ),
    "Fever": ("Fever", "Pyrexia", "Febrile disorders", "Body temperature conditions", GENERAL),
    "Fatigue": ("Fatigue", "Fatigue", "Asthenic conditions", "General system disorders", GENERAL),
    "Neutropenia": ("Neutropenia", "Neutropenia", "Neutropenias", "White blood cell disorders", BLOOD),
    "Neutrophil count decreased": (
        "Neutrophil count decreased",
        "Neutrophil count decreased",
        "White blood cell analyses",
        "Haematology investigations",
        TESTS,
    ),
    "Platelet count decreased": (
        "Platelet count decreased",
        "Platelet count decreased",
        "Platelet analyses",
        "Haematology investigations",
        TESTS,
    ),
    "Anaemia": ("Anaemia", "Anaemia", "Anaemias NEC", "Anaemias", BLOOD),
    "Prolonged cytopenia": ("Cytopenia", "Cytopenia", "Marrow depression", "Haematological disorders", BLOOD),
    "Sepsis (Klebsiella pneumoniae, β-lactamase +)": (
        "Klebsiella sepsis",
        "Klebsiella sepsis",
        "Sepsis",
        "Infections NEC",
        INFECTION,
    ),
    "Pneumonia": ("Pneumonia", "Pneumonia", "Lower respiratory infections", "Infections NEC", INFECTION),
    "CMV reactivation": (
        "CMV reactivation",
        "Cytomegalovirus infection reactivation",
        "Herpes viral infections",
        "Viral infections",
        INFECTION,
    ),
    "Septic shock": ("Septic shock", "Septic shock", "Sepsis", "Infections NEC", INFECTION),
    "Multiple organ failure": (
        "Multi-organ failure",
        "Multiple organ dysfunction syndrome",
        "General signs",
        "General system disorders",
        GENERAL,
    ),
    "Hepatic VOD": (
        "Veno-occlusive liver disease",
        "Venoocclusive liver disease",
        "Hepatic vascular disorders",
        "Hepatic disorders",
        LIVER,
    ),
    "ALT increased": (
        "ALT increased",
        "Alanine aminotransferase increased",
        "Liver function analyses",
        "Hepatobiliary investigations",
        TESTS,
    ),
    "Nausea": ("Nausea", "Nausea", "Nausea and vomiting symptoms", "Gastrointestinal signs", DIGESTIVE),
    "Diarrhoea": (
        "Diarrhoea",
        "Diarrhoea",
        "Diarrhoea (excl infective)",
        "Gastrointestinal motility",
        DIGESTIVE,
    ),
    "Hypokalaemia": (
        "Hypokalaemia",
        "Hypokalaemia",
        "Potassium imbalance",
        "Electrolyte conditions",
        METABOLIC,
    ),
    "Tumour lysis": (
        "Tumour lysis syndrome",
        "Tumour lysis syndrome",
        "Metabolic disorders NEC",
        "Metabolic disorders",
        METABOLIC,
    ),
    "HLH-like hyperinflammation": (
        "Haemophagocytic lymphohistiocytosis",
        "Haemophagocytic lymphohistiocytosis",
        "Histiocytoses",
        "Haematological disorders",
        BLOOD,
    ),
    "Headache": ("Headache", "Headache", "Headaches NEC", "Headaches", NERVOUS),
    "Hypertension": (
        "Hypertension",
        "Hypertension",
        "Vascular hypertensive disorders",
        "Vascular disorders NEC",
        "Vascular disorders",
    ),
    "Diabetes, type 2": (
        "Type 2 diabetes mellitus",
        "Type 2 diabetes mellitus",
        "Diabetes mellitus",
        "Glucose metabolism disorders",
        METABOLIC,
    ),
    "Hepatitis B carrier": (
        "Hepatitis B carrier",
        "Hepatitis B carrier",
        "Hepatitis virus infections",
        "Viral infections",
        INFECTION,
    ),
    "Café-au-lait spots": (
        "Cafe-au-lait spots",
        "Cafe au lait spots",
        "Hyperpigmentation disorders",
        "Pigmentation disorders",
        "Skin and subcutaneous tissue disorders",
    ),
    "Vincristine neuropathy ≤ grade 2": (
        "Peripheral neuropathy",
        "Neuropathy peripheral",
        "Peripheral neuropathies",
        "Peripheral neuropathies",
        NERVOUS,
    ),
    "Deep vein thrombosis": (
        "Deep vein thrombosis",
        "Deep vein thrombosis",
        "Embolism and thrombosis",
        "Embolism and thrombosis",
        "Vascular disorders",
    ),
    "Myelodysplastic syndrome": (
        "Myelodysplastic syndrome",
        "Myelodysplastic syndrome",
        "Myelodysplasias",
        "Haematopoietic neoplasms",
        "Neoplasms benign, malignant and unspecified (incl cysts and polyps)",
    ),
}

# as written by the site: generic name, ATC levels 1 to 4
DRUGS: dict[str, tuple[str, str, str, str, str]] = {
    "Actemra": (
        "TOCILIZUMAB",
        ONCOLOGY,
        "L04 IMMUNOSUPPRESSANTS",
        "L04A IMMUNOSUPPRESSANTS",
        "L04AC INTERLEUKIN INHIBITORS",
    ),
    "Dexamethasone": ("DEXAMETHASONE", HORMONES, STEROIDS, PLAIN_STEROIDS, "H02AB GLUCOCORTICOIDS"),
    "Methylprednisolone": ("METHYLPREDNISOLONE", HORMONES, STEROIDS, PLAIN_STEROIDS, "H02AB GLUCOCORTICOIDS"),
    "Ruxolitinib": (
        "RUXOLITINIB",
        ONCOLOGY,
        CYTOTOXIC,
        "L01E PROTEIN KINASE INHIBITORS",
        "L01EJ JANUS KINASE INHIBITORS",
    ),
    "Paracetamol": (
        "PARACETAMOL",
        "N NERVOUS SYSTEM",
        "N02 ANALGESICS",
        "N02B OTHER ANALGESICS",
        "N02BE ANILIDES",
    ),
    "Levetiracetam": (
        "LEVETIRACETAM",
        "N NERVOUS SYSTEM",
        "N03 ANTIEPILEPTICS",
        "N03A ANTIEPILEPTICS",
        "N03AX OTHER ANTIEPILEPTICS",
    ),
    "Aciclovir": (
        "ACICLOVIR",
        ANTIINFECTIVE,
        ANTIVIRAL,
        "J05A DIRECT ACTING ANTIVIRALS",
        "J05AB NUCLEOSIDES AND NUCLEOTIDES",
    ),
    "Posaconazole": (
        "POSACONAZOLE",
        ANTIINFECTIVE,
        "J02 ANTIMYCOTICS FOR SYSTEMIC USE",
        "J02A ANTIMYCOTICS FOR SYSTEMIC USE",
        "J02AC TRIAZOLE DERIVATIVES",
    ),
    "Co-trimoxazole": (
        "SULFAMETHOXAZOLE;TRIMETHOPRIM",
        ANTIINFECTIVE,
        "J01 ANTIBACTERIALS FOR SYSTEMIC USE",
        "J01E SULFONAMIDES AND TRIMETHOPRIM",
        "J01EE COMBINATIONS",
    ),
    "Meropenem": (
        "MEROPENEM",
        ANTIINFECTIVE,
        "J01 ANTIBACTERIALS FOR SYSTEMIC USE",
        "J01D OTHER BETA-LACTAM ANTIBACTERIALS",
        "J01DH CARBAPENEMS",
    ),
    "G-CSF": (
        "FILGRASTIM",
        ONCOLOGY,
        "L03 IMMUNOSTIMULANTS",
        "L03A IMMUNOSTIMULANTS",
        "L03AA COLONY STIMULATING FACTORS",
    ),
    "Allopurinol": (
        "ALLOPURINOL",
        "M MUSCULO-SKELETAL SYSTEM",
        "M04 ANTIGOUT PREPARATIONS",
        "M04A ANTIGOUT PREPARATIONS",
        "M04AA PREPARATIONS INHIBITING URIC ACID PRODUCTION",
    ),
    "Diphenhydramine": (
        "DIPHENHYDRAMINE",
        "R RESPIRATORY SYSTEM",
        "R06 ANTIHISTAMINES FOR SYSTEMIC USE",
        "R06A ANTIHISTAMINES FOR SYSTEMIC USE",
        "R06AA AMINOALKYL ETHERS",
    ),
    "Noradrenaline": (
        "NOREPINEPHRINE",
        "C CARDIOVASCULAR SYSTEM",
        "C01 CARDIAC THERAPY",
        "C01C CARDIAC STIMULANTS",
        "C01CA ADRENERGIC AND DOPAMINERGIC AGENTS",
    ),
    "Ganciclovir": (
        "GANCICLOVIR",
        ANTIINFECTIVE,
        ANTIVIRAL,
        "J05A DIRECT ACTING ANTIVIRALS",
        "J05AB NUCLEOSIDES AND NUCLEOTIDES",
    ),
    "Ciclosporin": (
        "CICLOSPORIN",
        ONCOLOGY,
        "L04 IMMUNOSUPPRESSANTS",
        "L04A IMMUNOSUPPRESSANTS",
        "L04AD CALCINEURIN INHIBITORS",
    ),
    "Cladribine": ("CLADRIBINE", ONCOLOGY, CYTOTOXIC, "L01B ANTIMETABOLITES", "L01BB PURINE ANALOGUES"),
    "VDLP (vincristine, daunorubicin, L-asparaginase, prednisone)": (
        "VINCRISTINE",
        ONCOLOGY,
        CYTOTOXIC,
        "L01C PLANT ALKALOIDS",
        "L01CA VINCA ALKALOIDS",
    ),
    "Hyper-CVAD/MA": (
        "DOXORUBICIN",
        ONCOLOGY,
        CYTOTOXIC,
        "L01D CYTOTOXIC ANTIBIOTICS",
        "L01DB ANTHRACYCLINES",
    ),
    "Nelarabine": ("NELARABINE", ONCOLOGY, CYTOTOXIC, "L01B ANTIMETABOLITES", "L01BB PURINE ANALOGUES"),
    "Methotrexate + cytarabine + dexamethasone, intrathecal": (
        "METHOTREXATE",
        ONCOLOGY,
        CYTOTOXIC,
        "L01B ANTIMETABOLITES",
        "L01BA FOLIC ACID ANALOGUES",
    ),
}


def _code(text: str) -> str:
    return str(90_000_000 + crc32(text.encode()) % 9_999_999)


def coded_event(term: str, prefix: str) -> dict[str, str]:
    """The columns that the coder adds to an event of a form with this prefix."""
    lowest, preferred, high, group, system = TERMS[term]
    columns = {"LLT": lowest, "PT": preferred, "HLT": high, "HLGT": group, "SOC": system}
    made = {prefix + name: text for name, text in columns.items()}
    made |= {f"{prefix}{name}CD": _code(name + text) for name, text in columns.items()}
    return {**made, f"{prefix}VER": VERSION}


def coded_drug(name: str, prefix: str) -> dict[str, str]:
    """The columns that the coder adds to a medication."""
    generic, *levels = DRUGS[name]
    made = {f"{prefix}ATC{place}": level for place, level in enumerate(levels, start=1)}
    return {**made, f"{prefix}DECOD": generic, f"{prefix}VER": DRUG_VERSION, f"{prefix}DRUGVER": DRUG_VERSION}
