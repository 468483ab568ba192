"""CPU seconds of ADRS and ADTTE for 306 and for 30,600 made-up subjects (architecture.md, 8).

Run from the project root: `python -m bench.endpoints`. The subjects are nobody: a fixed generator draws
responses at the scheduled days, MRD samples, transplants, therapies, deaths and ends of study.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd

from adam.adrs import adrs
from adam.adtte import adtte
from clinical.frames import Frame
from clinical.read import read_yaml
from clinical.spec import Dataset, read_dataset

MAPPINGS = Path(__file__).parents[1] / "mappings"
VISITS = np.array([28, 56, 84, 120, 150, 180, 270, 365])
VALUES = np.array(["CR", "CRi", "PR", "NR", "PD", "RELAPSED DISEASE", "NE"])
CHANCES = np.array([0.45, 0.15, 0.1, 0.1, 0.05, 0.1, 0.05])


def main() -> None:
    """Prints rows and CPU seconds of both datasets, for both sizes."""
    for size in (306, 30_600):
        adsl, rs, cp, sv = people(size)
        started = time.process_time()
        responses, _ = adrs(adsl, rs, cp, sv, spec("adrs"))
        middle = time.process_time()
        responses = numbered(responses)
        adsl = with_responders(adsl, responses)
        before = time.process_time()
        times = adtte(adsl=adsl, spec=spec("adtte"), adrs=responses)
        ended = time.process_time()
        print(
            f"{size:>6} subjects: ADRS {middle - started:5.2f} s CPU, {len(responses):>9,} rows;"
            f" ADTTE {ended - before:5.2f} s CPU, {len(times):>7,} rows"
        )


def spec(name: str) -> Dataset:
    """The spec of one of the two datasets."""
    study = read_yaml(MAPPINGS / "rd1302" / "study.yml", MAPPINGS.parent)
    return read_dataset(
        MAPPINGS / "rd1302" / "adam" / f"{name}.yml", MAPPINGS.parent, MAPPINGS, "adam", study
    )


def people(size: int) -> tuple[Frame, Frame, Frame, Frame]:
    """ADSL, RS, CP and SV of made-up subjects, always the same ones."""
    draw = np.random.default_rng(20240304)
    names = pd.Series([f"BENCH-{number:06d}" for number in range(size)], dtype="str")
    start = np.datetime64("2023-01-01", "s") + draw.integers(0, 700, size) * np.timedelta64(86_400, "s")
    return subjects(draw, names, start), *records(draw, names, start)


def subjects(draw: np.random.Generator, names: pd.Series, start: np.ndarray) -> Frame:
    """ADSL with a transplant in a third, new therapy in a fifth, death in a third, loss in a twentieth."""
    size, day = len(names), np.timedelta64(86_400, "s")
    cut = np.datetime64("2025-06-30", "s")

    def date(share: float, last: int) -> np.ndarray:
        days = start + draw.integers(1, last, size) * day
        return np.where((draw.random(size) < share) & (days <= cut), days, np.datetime64("NaT", "s"))

    horizon = start + 379 * day
    death, lost = date(0.33, 500), date(0.05, 300)
    alive = np.minimum(start + draw.integers(30, 500, size) * day, cut)
    died = ~np.isnat(death)
    texts = {
        "DTHCAT": pd.Series(
            np.where(died, draw.choice(["DISEASE", "OTHER", "UNKNOWN"], size), None), dtype="str"
        ),
        "DCSREAS": pd.Series(np.where(np.isnat(lost), None, "LOST TO FOLLOW-UP"), dtype="str"),
    }
    fixed = {"SAFFL": "Y", "EFFFL": "Y", "DTHDTF": None, "HSCTDTF": None, "NACTDTF": None}
    flags = {name: pd.Series([value] * size, dtype="str") for name, value in fixed.items()}
    dates = {
        "TRTSDT": start,
        "HORIZDT": horizon,
        "DCUTDT": np.full(size, cut),
        "ACUTDT": np.minimum(horizon, cut),
        "DTHDT": death,
        "HSCTDT": date(0.33, 300),
        "NACTDT": date(0.2, 300),
        "EOSDT": lost,
        "LSTALVDT": np.where(died, death, alive),
    }
    return pd.DataFrame({"USUBJID": names, **dates, **flags, **texts})


def records(draw: np.random.Generator, names: pd.Series, start: np.ndarray) -> tuple[Frame, Frame, Frame]:
    """RS with its other tests, CP and SV at eight visits a subject."""
    size, visits = len(names), len(VISITS)
    who, visit = np.repeat(np.arange(size), visits), np.tile(np.arange(visits), size)
    days = start[who] + (VISITS[visit] + draw.integers(-6, 7, len(who))) * np.timedelta64(86_400, "s")
    text = pd.Series(days).dt.strftime("%Y-%m-%d").astype("str")
    partial = draw.random(len(who)) < 0.01
    usubjid, number = names.take(who).reset_index(drop=True), (visit + 11).astype("float64")
    rs = pd.DataFrame({"USUBJID": usubjid, "RSDTC": text.where(~partial, text.str[:7]), "VISITNUM": number})
    rs["RSSTRESC"] = pd.Series(draw.choice(VALUES, len(rs), p=CHANCES), dtype="str")
    parts = [rs.assign(RSTESTCD=test) for test in ("OVRLRESP", "BMRRESP", "MRDRESP")]
    rs = pd.concat(parts, ignore_index=True)
    rs["RSSEQ"] = rs.groupby("USUBJID").cumcount() + 1.0
    rs["RSCAT"] = pd.Series(["PROTOCOL DEFINED RESPONSE CRITERIA"] * len(rs), dtype="str")
    rs["RSEVAL"] = pd.Series(["INVESTIGATOR"] * len(rs), dtype="str")
    rs["RELAPTYP"] = pd.Series([None] * len(rs), dtype="str")
    percent = np.round(draw.choice([0.0, 0.005, 0.02, 0.5], len(who)), 4)
    fixed = {
        "CPTESTCD": "ABCCE", "CPSCAT": "MINIMAL RESIDUAL DISEASE", "CPSPEC": "BONE MARROW", "CPSTAT": None,
        "MRDQUAL": "NEGATIVE", "BMQUAL": "ADEQUATE",
    }  # fmt: skip
    cp = pd.DataFrame(
        {"USUBJID": usubjid, "CPDTC": text, "VISITNUM": number, "CPSTRESN": percent, "CPLLOQ": 0.01}
    )
    cp = cp.assign(**{name: pd.Series([value] * len(cp), dtype="str") for name, value in fixed.items()})
    cp["CPSTRESC"], cp["CPSEQ"] = cp["CPSTRESN"].astype("str"), cp.groupby("USUBJID").cumcount() + 1.0
    return rs, cp, pd.DataFrame({"USUBJID": usubjid, "VISITNUM": number, "SVSTDTC": text})


def numbered(frame: Frame) -> Frame:
    """ADRS with ASEQ, which the engine sets."""
    frame = frame.sort_values(["USUBJID", "PARAMCD", "ADT"], kind="stable", ignore_index=True)
    return frame.assign(ASEQ=frame.groupby("USUBJID").cumcount() + 1.0)


def with_responders(adsl: Frame, responses: Frame) -> Frame:
    """ADSL with RSPFL and CRFL."""
    for flag, code in (("RSPFL", "ORR"), ("CRFL", "CRCRI")):
        yes = responses.loc[(responses["PARAMCD"] == code) & (responses["AVALC"] == "Y"), "USUBJID"]
        adsl[flag] = pd.Series(np.where(adsl["USUBJID"].isin(yes), "Y", "N"), dtype="str")
    return adsl


if __name__ == "__main__":
    main()
