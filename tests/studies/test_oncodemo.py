"""RECIST 1.1 with the response rules of rd1302: tests/studies/oncodemo/README.md says on which records."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from adam.adrs import adrs
from adam.adrs_rules import read_rules
from clinical.check import Plan, check_study
from clinical.derive import Derived, derive
from clinical.errors import SpecError
from clinical.read import parse_yaml
from clinical.study import load_study
from edc.read import read_extract
from tests.studies import oncodemo_second as second
from tests.studies.oncodemo_records import STUDY, deliver, published
from tests.studies.oncodemo_second import Person
from tests.tables import table, typed

LIBRARY = Path(__file__).parents[2] / "mappings" / "library"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return check_study(load_study(STUDY, LIBRARY))


def derived(plan: Plan, responses: str, folder: Path) -> Derived:
    """The study on one of the published RS, delivered as CSV."""
    deliver(folder, plan.study.forms, responses)
    extract = read_extract(folder, plan.study.forms, plan.study.config)
    assert len(extract.findings) == 0
    return derive(plan, extract.frames, str(plan.study.config["data_cut"]))


@pytest.fixture(scope="module")
def few(plan, tmp_path_factory) -> Derived:
    return derived(plan, "rs_onco_recist", tmp_path_factory.mktemp("few"))


@pytest.fixture(scope="module")
def many(plan, tmp_path_factory) -> Derived:
    return derived(plan, "rs_onco", tmp_path_factory.mktemp("many"))


def values(frame: pd.DataFrame, code: str, *columns: str) -> dict[str, tuple]:
    """For each subject the values of a parameter, dates as text, None where missing."""
    rows = frame.loc[frame["PARAMCD"] == code, ["USUBJID", *columns]]
    texts = {
        name: pd.to_datetime(rows[name]).dt.strftime("%Y-%m-%d") for name in columns if name.endswith("DT")
    }
    plain = rows.assign(**texts).astype(object)
    plain = plain.where(plain.notna(), None)
    return {subject: tuple(cells) for subject, *cells in plain.itertuples(index=False)}


def test_nothing_stops_and_nothing_is_found_wrong(few, many):
    for found in (few, many):
        assert found.stopped == {}
        assert len(found.findings) == 0


PUBLISHED_CODES = {"BOR": "BOR", "CBOR": "CBOR", "ORR": "RSP", "CORR": "CRSP", "PD": "PD", "DEATH": "DEATH"}


@pytest.mark.parametrize(("ours", "theirs"), PUBLISHED_CODES.items())
def test_responses_are_the_published_ones_for_every_randomized_subject(few, ours, theirs):
    """adrs_onco of pharmaverseadam: 8 subjects with assessments, all values and dates."""
    got = values(few.outputs["ADRS"].frame, ours, "AVALC", "AVAL", "ADT")
    expected = values(published("pharmaverseadam", "adrs_onco"), theirs, "AVALC", "AVAL", "ADT")
    randomized = few.outputs["ADSL"].frame.loc[lambda frame: frame["RANDFL"] == "Y", "USUBJID"]
    assert len(randomized) == 254
    assert got == {subject: expected[subject] for subject in randomized}


def test_the_first_response_and_the_last_assessment_are_the_published_ones(few):
    """adrs_onco of pharmaverseadam: RSP and LSTA of those who have them."""
    expected = published("pharmaverseadam", "adrs_onco")
    for code in ("RSP", "LSTA"):
        dated = {who: day for who, (day,) in values(expected, code, "ADT").items() if day}
        assert {who: day for who, (day,) in values(few.outputs["ADRS"].frame, code, "ADT").items()} == dated
    assert len(values(few.outputs["ADRS"].frame, "RSP", "ADT")) == 4


@pytest.mark.parametrize(("ours", "theirs", "records"), [("PFS", "PFS", 254), ("DOR", "RSD", 4)])
def test_progression_free_survival_and_duration_of_response_are_the_published_ones(
    few, ours, theirs, records
):
    """adtte_onco of pharmaverseadam: every day, start and event."""
    got, expected = few.outputs["ADTTE"].frame, published("pharmaverseadam", "adtte_onco")
    columns = ("STARTDT", "ADT", "AVAL", "CNSR")
    here = values(got.assign(CNSR=got["CNSR"].clip(upper=1)), ours, *columns)
    assert here == values(expected, theirs, *columns)
    assert len(here) == records


def test_overall_survival_differs_only_where_the_published_last_day_alive_is_another(few):
    """adtte_onco of pharmaverseadam: the three deaths are the same, 38 censored days follow LSTALVDT."""
    got, expected = few.outputs["ADTTE"].frame, published("pharmaverseadam", "adtte_onco")
    here, there = values(got, "OS", "ADT", "CNSR"), values(expected, "OS", "ADT", "CNSR")
    assert {who for who, (_, cnsr) in here.items() if cnsr == 0} == {
        who for who, (_, cnsr) in there.items() if cnsr == 0
    }
    adsl = published("pharmaverseadam", "adsl").set_index("USUBJID")
    alive = {who: str(max(adsl.at[who, "LSTALVDT"], adsl.at[who, "RANDDT"])) for who in here}
    elsewhere = {who for who in here if alive[who] != str(adsl.at[who, "EOSDT"])}
    assert {who for who in here if here[who][0] != there[who][0]} == elsewhere
    assert len(elsewhere) == 38


# --- the second implementation ---------------------------------------------------------------------------


def day(text: object) -> date | None:
    return date.fromisoformat(str(text)[:10]) if isinstance(text, str) and len(str(text)) >= 10 else None


def people() -> dict[str, Person]:
    """The randomized subjects of the published records, read without the product."""
    ds, dm = published("pharmaversesdtm", "ds"), published("pharmaversesdtm", "dm").set_index("USUBJID")
    rs = published("pharmaversesdtm", "rs_onco").query("RSTESTCD == 'OVRLRESP' and RSEVAL == 'INVESTIGATOR'")
    visits: dict[str, list] = {}
    for who, when, value in zip(rs["USUBJID"], rs["RSDTC"], rs["RSSTRESC"], strict=True):
        if value in second.BEST_FIRST:
            visits.setdefault(who, []).append((day(when), value))
    randomized = ds[ds["DSDECOD"] == "RANDOMIZED"].set_index("USUBJID")["DSSTDTC"]
    ended = ds[ds["DSCAT"] == "DISPOSITION EVENT"].groupby("USUBJID")["DSSTDTC"].max()
    return {
        who: Person(
            day(start), tuple(sorted(visits.get(who, []))), day(dm.at[who, "DTHDTC"]), day(ended.get(who))
        )
        for who, start in randomized.items()
    }


def text(moment: date | None) -> str | None:
    return moment.isoformat() if moment else None


def test_all_the_oncology_records_come_out_as_a_second_implementation_says(many):
    """633 assessments of 205 subjects, one of them `CHECK`: an assessment that counts for nothing."""
    rows, times = many.outputs["ADRS"].frame, many.outputs["ADTTE"].frame
    persons = people()
    assert len(persons) == 254
    assert sum(len(person.visits) for person in persons.values()) == 632
    for code, confirm in (("BOR", False), ("CBOR", True)):
        expected = {who: second.best(person, confirm) for who, person in persons.items()}
        assert values(rows, code, "AVALC", "ADT") == {who: (v, text(d)) for who, (v, d) in expected.items()}
    for code, confirm in (("ORR", False), ("CORR", True)):
        expected = {who: text(second.first_response(person, confirm)) for who, person in persons.items()}
        assert {who: found for who, (found,) in values(rows, code, "ADT").items()} == expected
    starts = {
        "PFS": lambda person: person.randomized,
        "DOR": lambda person: second.first_response(person, False),
    }
    for code, start in starts.items():
        asked = {who: person for who, person in persons.items() if start(person)}
        expected = {who: second.time_to_event(person, start(person)) for who, person in asked.items()}
        got = values(times, code, "AVAL", "CNSR")
        assert {who: (int(aval), cnsr == 0) for who, (aval, cnsr) in got.items()} == expected
    got = values(times, "OS", "AVAL", "CNSR")
    assert {who: (int(aval), cnsr == 0) for who, (aval, cnsr) in got.items()} == {
        who: second.survival(person) for who, person in persons.items()
    }


# --- the rules, drawn ------------------------------------------------------------------------------------

RANDOMIZED = date(2024, 1, 1)


def best_of(plan: Plan, sequences: dict[str, list[tuple[int, str]]]) -> pd.DataFrame:
    """ADRS of subjects randomized on 2024-01-01 with assessments so many days later."""
    subjects = [{"USUBJID": who, "SAFFL": "Y", "RANDFL": "Y"} for who in sequences]
    adsl = pd.DataFrame(subjects, columns=["USUBJID", "SAFFL", "RANDFL"]).astype("str")
    for name, shown in (("RANDDT", str(RANDOMIZED)), ("DCUTDT", "2025-12-31"), ("DTHDT", None)):
        adsl[name] = typed([shown] * len(adsl), "Date")
    adsl["DTHDTF"] = typed([None] * len(adsl), "Char")
    lines = [
        f"{who} | {place} | {place} | OVRLRESP | INVESTIGATOR | {value} | {RANDOMIZED + timedelta(after)}"
        for who, visits in sequences.items()
        for place, (after, value) in enumerate(visits, start=1)
    ]
    header = "USUBJID | RSSEQ | VISITNUM | RSTESTCD | RSEVAL | RSSTRESC | RSDTC"
    return adrs(adsl=adsl, rs=table("\n".join([header, *lines])), spec=plan.study.datasets["ADRS"])[0]


def confirmed(plan: Plan, *visits: tuple[int, str]) -> str:
    """CBOR of one subject."""
    (value,) = values(best_of(plan, {"P1": list(visits)}), "CBOR", "AVALC")["P1"]
    return value


# RECIST 1.1, table 3: first time point, subsequent one, best overall response where both are late enough
TABLE_3 = [
    ("CR", "CR", "CR"), ("CR", "PR", "SD"), ("CR", "SD", "SD"), ("CR", "PD", "SD"), ("CR", "NE", "SD"),
    ("PR", "CR", "PR"), ("PR", "PR", "PR"), ("PR", "SD", "SD"), ("PR", "PD", "SD"), ("PR", "NE", "SD"),
    ("NE", "NE", "NE"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "then", "best"), TABLE_3)
def test_two_time_points_give_the_best_response_of_table_3(plan, first, then, best):
    """RECIST 1.1, table 3; the first assessment is past the minimum duration of stable disease."""
    assert confirmed(plan, (42, first), (84, then)) == best


@pytest.mark.parametrize(
    ("first", "then", "best"),
    [("CR", "PD", "PD"), ("PR", "PD", "PD"), ("CR", "NE", "NE"), ("PR", "NE", "NE")],
)
def test_a_response_before_the_minimum_duration_is_no_stable_disease(plan, first, then, best):
    """RECIST 1.1, table 3: SD provided the minimum duration is met, otherwise PD or NE."""
    assert confirmed(plan, (41, first), (84, then)) == best


@pytest.mark.parametrize(("days", "best"), [(27, "SD"), (28, "PR"), (29, "PR")])
def test_a_response_is_confirmed_four_weeks_later_or_more(plan, days, best):
    """RECIST 1.1, 4.6; study.yml, confirmation.days."""
    assert confirmed(plan, (42, "PR"), (42 + days, "PR")) == best


@pytest.mark.parametrize(("after", "best"), [(41, "NE"), (42, "SD")])
def test_stable_disease_counts_from_its_day_on(plan, after, best):
    """study.yml, stable.from_day."""
    got = best_of(plan, {"P1": [(after, "SD")], "P2": [(after, "NON-CR/NON-PD")]})
    for code in ("BOR", "CBOR"):
        assert values(got, code, "AVALC") == {
            "P1": (best,),
            "P2": ("NE" if best == "NE" else "NON-CR/NON-PD",),
        }


def test_what_stands_between_a_response_and_its_confirmation(plan):
    """RECIST 1.1, 4.6: one NE may, two may not, SD may not; a fall from CR to PR may not."""
    assert confirmed(plan, (42, "PR"), (60, "NE"), (84, "PR")) == "PR"
    assert confirmed(plan, (42, "PR"), (60, "NE"), (66, "NE"), (84, "PR")) == "SD"
    assert confirmed(plan, (42, "PR"), (60, "SD"), (84, "PR")) == "SD"
    assert confirmed(plan, (42, "PR"), (60, "CR"), (84, "CR")) == "PR"
    assert confirmed(plan, (42, "PR"), (60, "CR"), (84, "PR")) == "SD"
    assert confirmed(plan, (42, "CR"), (60, "PR"), (84, "CR"), (112, "CR")) == "CR"


def test_a_day_with_an_adequate_assessment_is_no_day_that_is_not_evaluable(plan):
    """Rule D.3, several assessments on one date; two NE of one day are one."""
    assert confirmed(plan, (42, "PR"), (60, "NE"), (60, "PR"), (66, "NE"), (84, "PR")) == "PR"
    assert confirmed(plan, (42, "PR"), (60, "NE"), (60, "NE"), (84, "PR")) == "PR"
    assert confirmed(plan, (42, "NE"), (42, "NE")) == "NE"


def test_nothing_after_progression_counts_and_nothing_of_somebody_else(plan):
    """RECIST 1.1, 4.4.4: the best response is recorded until progression."""
    got = best_of(plan, {"P1": [(42, "SD"), (84, "PD"), (126, "CR")], "P2": [(42, "PR")], "P3": [(84, "PR")]})
    assert values(got, "BOR", "AVALC") == {"P1": ("SD",), "P2": ("PR",), "P3": ("PR",)}
    assert values(got, "CBOR", "AVALC") == {"P1": ("SD",), "P2": ("SD",), "P3": ("SD",)}


def test_a_subject_without_assessment_is_missing_and_cites_the_cut(plan):
    got = best_of(plan, {"P1": []})
    assert values(got, "BOR", "AVALC", "ADT", "SRCDOM", "SRCVAR") == {
        "P1": ("MISSING", None, "ADSL", "DCUTDT")
    }


@pytest.mark.parametrize("seed", range(3))
def test_drawn_histories_come_out_as_the_second_implementation_says(plan, seed):
    chance = random.Random(seed)
    sequences = {}
    for number in range(300):
        days = list(range(7, 300, 7))
        chosen = sorted(chance.sample(days, chance.randrange(8)))
        sequences[f"P{number:03}"] = [
            (d, chance.choice([*second.BEST_FIRST, "CR", "PR", "PR"])) for d in chosen
        ]
    persons = {
        who: Person(
            RANDOMIZED, tuple((RANDOMIZED + timedelta(days=d), value) for d, value in visits), None, None
        )
        for who, visits in sequences.items()
    }
    got = best_of(plan, sequences)
    for code, confirm in (("BOR", False), ("CBOR", True)):
        expected = {who: second.best(person, confirm) for who, person in persons.items()}
        assert values(got, code, "AVALC", "ADT") == {who: (v, text(d)) for who, (v, d) in expected.items()}
    assert {value for (value,) in values(got, "CBOR", "AVALC").values()} >= {*second.BEST_FIRST, "MISSING"}


REFUSED = [
    ("  confirmation:", "  confirmations:",
     "ADRS.response: no key called 'confirmations' here; did you mean confirmation?"),
    ("unconfirmed: SD", "unconfirmed: XX", "ADRS.response.confirmation: unconfirmed is {codes}, not 'XX'"),
    ("PR: {by: [CR, PR]", "XX: {by: [CR, PR]", "ADRS.response.confirmation: XX is {codes}, not 'XX'"),
    ("PR: {by: [CR, PR]", "PR: {by: [CR, XX]", "ADRS.response.confirmation.PR: by is {codes}, not 'XX'"),
    ("CR: {by: [CR], despite: {NE: 1}}", "CR: {by: [CR], despite: {XX: 1}}",
     "ADRS.response.confirmation.CR: XX is {codes}, not 'XX'"),
    ("from_day: 42", "from_day: six", "ADRS.response.stable: from_day is a whole number, not 'six'"),
    ("before: NE", "before: XX", "ADRS.response.stable: before is {codes}, not 'XX'"),
    ("complete: [CR]", "partial: [PR]", "ADRS.response: no key called 'partial' here"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "sentence"), REFUSED, ids=[case[1] for case in REFUSED])
def test_criteria_that_the_model_does_not_know_are_refused_with_their_line(plan, old, new, sentence):
    """Messages rules.key, rules.choice."""
    assert refused(plan, old, new).partition(": ")[2] == sentence.format(codes=" or ".join(CODES))


CODES = (*second.BEST_FIRST, "MISSING")


def test_a_confirmed_response_needs_criteria_of_confirmation(plan):
    """Message rules.needed."""
    text = (STUDY / "study.yml").read_text("utf-8")
    assert refused(plan, text[text.index("  confirmation:") :], "").endswith(
        "ADRS.CBOR: rule best_confirmed needs confirmation"
    )


def refused(plan: Plan, old: str, new: str) -> str:
    """What is said of ADRS where study.yml has other words."""
    written = (STUDY / "study.yml").read_text("utf-8")
    assert written.count(old) == 1
    study = parse_yaml(written.replace(old, new), "study.yml")
    with pytest.raises(SpecError) as fault:
        read_rules(replace(plan.study.datasets["ADRS"], study=study))
    return str(fault.value)
