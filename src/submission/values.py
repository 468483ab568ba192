"""Which variables are described value by value, and class and structure of each dataset [F.5]."""

from __future__ import annotations

from dataclasses import dataclass

from clinical.study import Study
from submission.profile import Profile

SUPP, SUPP_STRUCTURE = "SUPP", "One record per qualifier per qualified record per subject"
RESULTS = ("ORRES", "STRESC", "STRESN")
CLASSES_OF_RESULTS = ("FINDINGS", "FINDINGS ABOUT")
OCCURRENCE = ("AEDECOD", "CMDECOD", "MHDECOD", "AETERM", "CMTRT", "MHTERM", "DECOD")


@dataclass(frozen=True)
class Structure:
    """What def:Structure, def:Class, its subclass and def:StandardOID of a dataset say."""

    text: str
    class_name: str
    subclass: str
    standard: str


def value_pairs(name: str, layer: str) -> tuple[tuple[str, str], ...]:
    """The (variable, key) pairs of a dataset with value-level metadata, whether it has them or not."""
    if layer == "adam":
        return (("AVAL", "PARAMCD"), ("AVALC", "PARAMCD"))
    if name.startswith(SUPP):
        return (("QVAL", "QNAM"),)
    return tuple((f"{name}{result}", f"{name}TESTCD") for result in RESULTS)


def code_pairs(name: str, layer: str) -> tuple[tuple[str, str], ...]:
    """The (code, text) pairs of variables: the text is what the code stands for."""
    if layer == "adam":
        return (("PARAMCD", "PARAM"), ("AVISITN", "AVISIT"))
    if name.startswith(SUPP):
        return (("QNAM", "QLABEL"),)
    return ((f"{name}TESTCD", f"{name}TEST"), ("TSPARMCD", "TSPARM"), ("IETESTCD", "IETEST"))


def structure_of(profile: Profile, study: Study) -> Structure:
    """Class by what the dataset is, structure by its keys; an SDTM class is the standard's."""
    name = profile.name
    if profile.layer == "adam":
        class_name, subclass = _analysis_class(name, set(profile.content))
        occurrence = class_name == "OCCURRENCE DATA STRUCTURE"
        return Structure(
            _by_keys(profile), class_name, subclass, "STD.OCCDSIG" if occurrence else "STD.ADAMIG"
        )
    if name.startswith(SUPP) and name not in study.datasets:
        return Structure(SUPP_STRUCTURE, "RELATIONSHIP", "", "STD.SDTMIG")
    return Structure(_by_keys(profile), study.classes.get(name, "SPECIAL PURPOSE"), "", "STD.SDTMIG")


def _analysis_class(name: str, columns: set[str]) -> tuple[str, str]:
    if name == "ADSL":
        return "SUBJECT LEVEL ANALYSIS DATASET", ""
    if "PARAMCD" in columns:
        return "BASIC DATA STRUCTURE", "TIME-TO-EVENT" if "CNSR" in columns else ""
    if columns & set(OCCURRENCE):
        return "OCCURRENCE DATA STRUCTURE", "ADVERSE EVENT" if "AEDECOD" in columns else ""
    return "ADAM OTHER", ""


def _by_keys(profile: Profile) -> str:
    """`One record per subject, Vital Signs Test Short Name, Visit Number`."""
    labels = {one.name: one.label for one in profile.variables}
    keys = [key for key in profile.keys if key in labels and key not in ("STUDYID", "DOMAIN")]
    named = ["subject" if key == "USUBJID" else labels[key] for key in keys]
    return f"One record per {', '.join(named) or 'study'}"
