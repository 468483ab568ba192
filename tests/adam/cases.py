"""The 43 worked subjects of fixtures_rd13_02.json as frames, and the specs their programs run with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd

from adam.adrs import adrs
from adam.adtte import adtte
from clinical.frames import Frame
from clinical.read import Mapping, read_yaml
from clinical.spec import Dataset, read_dataset
from tests.tables import table, typed, types

MAPPINGS = Path(__file__).parents[2] / "mappings"
FIXTURES = Path(__file__).parents[1] / "golden" / "fixtures_rd13_02.json"
SETTINGS = ("defaults", "dates", "limits", "evaluable", "visits", "status", "mrd", "algorithm")
LOST = {"LTFU": "LOST TO FOLLOW-UP", "WD": "WITHDRAWAL BY SUBJECT"}


@cache
def study() -> Mapping:
    """study.yml of the study."""
    return read_yaml(MAPPINGS / "rd1302" / "study.yml", MAPPINGS.parent)


def spec(name: str, only: tuple[str, ...] = ()) -> Dataset:
    """The spec of an ADaM dataset of the study; `only` keeps these of its parameters."""
    path = MAPPINGS / "rd1302" / "adam" / f"{name}.yml"
    whole = read_dataset(path, MAPPINGS.parent, MAPPINGS, "adam", study())
    if only:
        node = whole.parameters
        kept = {key: value for key, value in node.items() if key in (*only, *SETTINGS)}
        return replace(whole, parameters=Mapping(kept, node.at, node.lines))
    return whole


@cache
def cases() -> list[dict]:
    """The cases that have response data (07 was never infused)."""
    return [case for case in json.loads(FIXTURES.read_text("utf-8"))["cases"] if "ADRS" in case["expected"]]


def frames(chosen: list[dict]) -> dict[str, Frame]:
    """ADSL as it is before responses are known, RS, CP and SV after the data cut [D-CUT]."""
    adsl, rs, cp = [], [], []
    for case in chosen:
        subject, given, cut = case["subject"], case["input"], case["dcutdt"]
        adsl.append(subject_row(case))
        rs += [
            {"USUBJID": subject, "RSSTRESC": {"RD": "RELAPSED DISEASE"}.get(value, value), "RSDTC": day}
            for day, value in given["OVR"]
            if day <= cut
        ]
        cp += [sample_row(subject, *sample) for sample in given["MRD"] if sample[0] <= cut]
    return {"adsl": pd.DataFrame(adsl), "rs": responses(rs), "cp": samples(cp), "sv": visits()}


def subject_row(case: dict) -> dict:
    """The ADSL row of a case; the death and the end of study are those known at the cut."""
    given, cut = case["input"], pd.Timestamp(case["dcutdt"])
    start = pd.Timestamp(given["TRTSDT"])
    horizon = start + pd.Timedelta(days=379)
    death = pd.Timestamp(given["DTHDT"]) if given["DTHDT"] and given["DTHDT"] <= case["dcutdt"] else pd.NaT
    days = {
        "TRTSDT": start, "HORIZDT": horizon, "DCUTDT": cut, "ACUTDT": min(cut, horizon), "DTHDT": death,
        "NACTDT": given["NACTDT"], "HSCTDT": given["HSCTDT"], "EOSDT": given["EOSDT"],
        "LSTALVDT": given["LAST_ALIVE_OR_DEATH"],
    }  # fmt: skip
    texts = {
        "USUBJID": case["subject"],
        "SAFFL": "Y",
        "EFFFL": "Y" if given["DISEASE_AT_BASELINE"] else "N",
        "DTHCAT": given["DTHCAT"] if pd.notna(death) else None,
        "DCSREAS": LOST.get(given["EOS"]),
        "DTHDTF": None,
        "HSCTDTF": None,
        "NACTDTF": None,
        "DISTYPE": "T-ALL",
        "BLBLAST": None,
    }
    return texts | {name: pd.Timestamp(day) if day else pd.NaT for name, day in days.items()}


def sample_row(subject: str, day: str, status: str, percent: float | None) -> dict:
    """A marrow MRD sample with the percentage and sensitivity that make its status."""
    words = {"NEG": "NEGATIVE", "POS": "POSITIVE", "NE": "NOT EVALUABLE"}
    return {"USUBJID": subject, "CPDTC": day, "CPSTRESN": percent, "MRDQUAL": words[status]}


def responses(rows: list[dict]) -> Frame:
    """RS of overall responses, one visit a record."""
    frame = pd.DataFrame(rows, columns=["USUBJID", "RSSTRESC", "RSDTC"])
    frame["RSSEQ"] = frame.groupby("USUBJID").cumcount().add(1).astype("float64")
    frame["VISITNUM"] = frame["RSSEQ"]
    fixed = {"RSTESTCD": "OVRLRESP", "RSCAT": "PROTOCOL DEFINED RESPONSE CRITERIA", "RSEVAL": "INVESTIGATOR"}
    return as_text(frame.assign(RELAPTYP=None, **fixed))


def samples(rows: list[dict]) -> Frame:
    """CP of marrow MRD samples with sensitivity 0.01 %."""
    frame = pd.DataFrame(rows, columns=["USUBJID", "CPDTC", "CPSTRESN", "MRDQUAL"])
    frame["CPSTRESN"] = frame["CPSTRESN"].astype("float64")
    frame["CPSTRESC"] = frame["CPSTRESN"].map(lambda value: None if pd.isna(value) else f"{value:g}")
    frame["CPSEQ"] = frame.groupby("USUBJID").cumcount().add(1).astype("float64")
    frame["VISITNUM"] = frame["CPSEQ"]
    fixed = {"CPTESTCD": "ABCCE", "CPSCAT": "MINIMAL RESIDUAL DISEASE", "CPSPEC": "BONE MARROW"}
    return as_text(frame.assign(CPSTAT=None, BMQUAL="ADEQUATE", CPLLOQ=0.01, **fixed))


def visits() -> Frame:
    """SV without any visit."""
    kinds = {"USUBJID": "Char", "VISITNUM": "Num", "SVSTDTC": "Char"}
    return pd.DataFrame({name: typed([], kind) for name, kind in kinds.items()})


def as_text(frame: Frame) -> Frame:
    """Columns of text as the product holds them."""
    texts = [name for name in frame if frame[name].dtype == object]
    return frame.assign(**{name: typed(list(frame[name]), "Char") for name in texts})


def built(chosen: list[dict]) -> tuple[Frame, Frame, Frame]:
    """ADSL with RSPFL and CRFL, ADRS with ASEQ, ADTTE of the cases."""
    given = frames(chosen)
    adsl = as_text(given["adsl"])
    for name in adsl:
        if name.endswith("DT"):
            adsl[name] = adsl[name].astype("datetime64[s]")
    components = no_components()
    found = numbered(adrs(adsl, given["rs"], given["cp"], given["sv"], spec=spec("adrs"), **components)[0])
    for flag, code in (("RSPFL", "ORR"), ("CRFL", "CRCRI")):
        yes = found.loc[(found["PARAMCD"] == code) & (found["AVALC"] == "Y"), "USUBJID"]
        adsl[flag] = typed(["Y" if subject in set(yes) else "N" for subject in adsl["USUBJID"]], "Char")
    return adsl, found, adtte(adsl=adsl, spec=spec("adtte"), adrs=found, **no_recovery())


def numbered(frame: Frame) -> Frame:
    """ADRS sorted by its keys, with the ASEQ that follows from that."""
    keys = ["USUBJID", "PARAMCD", "ADT", "AVISITN", "RSSEQ", "SRCSEQ"]
    frame = frame.sort_values(keys, na_position="first", kind="stable", ignore_index=True)
    return frame.assign(ASEQ=frame.groupby("USUBJID").cumcount().add(1).astype("float64"))


def drawn(text: str, **fixed: object) -> Frame:
    """A drawn table with further columns that hold one value (None: missing) in every record."""
    frame = table(text)
    for name, value in fixed.items():
        if name not in frame:
            kind = types().get(name, "Char")
            frame[name] = typed([None if value is None else str(value)] * len(frame), kind)
    return frame


def drawn_adsl(text: str) -> Frame:
    """ADSL of treated subjects with disease at baseline; the infusion is on 2024-03-04 and the cut far away.

    Protocol days from there: 21 2024-03-25, 28 04-01, 35 04-08, 49 04-22, 56 04-29, 63 05-06, 77 05-20,
    84 05-27, 91 06-03, 379 2025-03-18.
    """
    days = {"TRTSDT": "2024-03-04", "ACUTDT": "2025-03-18", "HORIZDT": "2025-03-18", "DCUTDT": "2025-06-30"}
    dates = dict.fromkeys(("NACTDT", "HSCTDT", "DTHDT", "EOSDT", "BLBLAST"))
    flags = dict.fromkeys(("NACTDTF", "HSCTDTF", "DTHDTF", "DTHCAT", "DCSREAS"))
    return drawn(text, SAFFL="Y", EFFFL="Y", DISTYPE="T-ALL", LSTALVDT="2025-05-01", **days, **dates, **flags)


def drawn_rs(text: str) -> Frame:
    """RS of overall responses by the investigator; RSSEQ and VISITNUM count the lines of a subject."""
    fixed = {"RSTESTCD": "OVRLRESP", "RSCAT": "PROTOCOL DEFINED RESPONSE CRITERIA", "RSEVAL": "INVESTIGATOR"}
    frame = drawn(text, RELAPTYP=None, **fixed)
    line = frame.groupby("USUBJID").cumcount().add(1).astype("float64")
    return frame.assign(**{name: line for name in ("RSSEQ", "VISITNUM") if name not in frame})


def drawn_cp(text: str) -> Frame:
    """CP of good marrow MRD samples with sensitivity 0.01 %; CPSEQ and VISITNUM count the lines."""
    fixed = {
        "CPTESTCD": "ABCCE",
        "CPSCAT": "MINIMAL RESIDUAL DISEASE",
        "CPSPEC": "BONE MARROW",
        "CPSTAT": None,
    }
    frame = drawn(text, CPLLOQ=0.01, MRDQUAL=None, BMQUAL="ADEQUATE", **fixed)
    line = frame.groupby("USUBJID").cumcount().add(1).astype("float64")
    frame = frame.assign(**{name: line for name in ("CPSEQ", "VISITNUM") if name not in frame})
    return frame.assign(CPSTRESN=pd.to_numeric(frame["CPSTRESC"], errors="coerce").astype("float64"))


ONE = "USUBJID\nP1"
NO_RS = "USUBJID | RSDTC | RSSTRESC"
NO_CP = "USUBJID | CPDTC | CPSTRESC"
NO_SV = "USUBJID | VISITNUM | SVSTDTC"


def made_adrs(
    adsl: str, rs: str = NO_RS, cp: str = NO_CP, sv: str = NO_SV, only: tuple[str, ...] = ()
) -> Frame:
    """ADRS of drawn tables, of some parameters or of all."""
    given = drawn_adsl(adsl), drawn_rs(rs), drawn_cp(cp), table(sv)
    return adrs(*given, spec=spec("adrs", only), **no_components())[0]


def made_with_lineage(adsl: str, rs: str, cp: str) -> Callable[[str], list[str]]:
    """What a parameter of ADRS, with one row, is traced to: source and record."""
    given = drawn_adsl(adsl), drawn_rs(rs), drawn_cp(cp), table(NO_SV)
    frame, lineage = adrs(*given, spec=spec("adrs"), **no_components())

    def of(parameter: str) -> list[str]:
        (row,) = frame.index[frame["PARAMCD"] == parameter]
        mine = lineage[lineage["row"] == row]
        return (mine["source"] + " " + mine["record"]).tolist()

    return of


def no_components() -> dict[str, Frame]:
    """LB, TU and TR without records."""
    return {"lb": drawn_lb("USUBJID | LBSTRESC"), "tu": table(NO_TU), "tr": drawn_tr("USUBJID | TRSTRESC")}


NO_TU = "USUBJID | TULNKID | TUSTRESC | TUDTC"


def drawn_lb(text: str) -> Frame:
    """LB of blasts in the marrow by default; LBSEQ counts the lines of a subject."""
    frame = drawn(text, LBTESTCD="BLASTNCE", LBSPEC=None, LBSTAT=None, LBDTC=None, LBLOBXFL=None, BMQUAL=None)
    frame = frame.assign(
        LBSPEC=frame["LBSPEC"].fillna("BLOOD").mask(frame["LBTESTCD"] == "BLASTNCE", "BONE MARROW")
    )
    return frame.assign(
        LBSTRESN=pd.to_numeric(frame["LBSTRESC"], errors="coerce").astype("float64"),
        LBSEQ=frame.groupby("USUBJID").cumcount().add(1).astype("float64"),
    )


def drawn_tr(text: str) -> Frame:
    """TR of lesions; TRSEQ counts the lines of a subject."""
    frame = drawn(text, TRLNKID="T01", TRTESTCD="TUMSTATE", TRDTC=None, TRLOBXFL=None)
    return frame.assign(
        TRSTRESN=pd.to_numeric(frame["TRSTRESC"], errors="coerce").astype("float64"),
        TRSEQ=frame.groupby("USUBJID").cumcount().add(1).astype("float64"),
    )


NO_ADRS = "USUBJID | PARAMCD | ADT | AVALC"
CODES = {"CR": 1, "CRi": 2, "PR": 3, "NR": 4, "PD": 5, "RD": 6, "NE": 9, "Y": 1, "N": 0}


def no_recovery() -> dict[str, Frame]:
    """ADLB and ADCM without records."""
    return {"adlb": drawn_adlb("USUBJID | ADT | AVAL"), "adcm": drawn_adcm("USUBJID | ASTDT")}


def drawn_adlb(text: str) -> Frame:
    """ADLB of counts in the blood; LBSEQ counts the lines of a subject."""
    frame = drawn(text, PARAMCD="NEUT", BASETYPE="PRE-INFUSION", LBSPEC="BLOOD")
    return frame.assign(LBSEQ=frame.groupby("USUBJID").cumcount().add(1).astype("float64"))


def drawn_adcm(text: str) -> Frame:
    """ADCM of platelet transfusions."""
    return drawn(text, CMCAT="BLOOD PRODUCT", CMTRT="PLATELETS")


def made_recovery(adsl: str, adlb: str, adcm: str = "USUBJID | ASTDT") -> Frame:
    """ANCREC and PLTREC of drawn tables."""
    subjects, given = drawn_adsl(adsl), {"adlb": drawn_adlb(adlb), "adcm": drawn_adcm(adcm)}
    whole = adtte(adsl=subjects, spec=spec("adtte", ("ANCREC", "PLTREC")), adrs=table(NO_ADRS), **given)
    return whole.reset_index(drop=True)


def made_adtte(adsl: str, records: str = NO_ADRS, only: tuple[str, ...] = ()) -> Frame:
    """ADTTE of drawn tables; ASEQ counts the lines of a subject, AVAL codes AVALC, OVR is evaluable."""
    found = table(records)
    found["ASEQ"] = found.groupby("USUBJID").cumcount().add(1).astype("float64")
    found["AVAL"] = found["AVALC"].map(CODES).astype("float64")
    if "ANL01FL" not in found:
        found["ANL01FL"] = typed(["Y" if code == "OVR" else None for code in found["PARAMCD"]], "Char")
    subjects = drawn_adsl(adsl)
    for name in ("RSPFL", "CRFL"):
        if name not in subjects:
            subjects[name] = typed(["N"] * len(subjects), "Char")
    whole = adtte(adsl=subjects, spec=spec("adtte"), adrs=found, **no_recovery())
    return whole.loc[whole["PARAMCD"].isin(only or whole["PARAMCD"])]
