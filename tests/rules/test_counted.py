"""What an edit derives again, by dataset and bucket: worked out by hand from the specs of the toy study.

DM reads every field of CONSENT, of DOSE the drug with its line, and through EX.EXSTDTC the rows of EX (MG)
and their time. SE is made of DM's dates; EX and AE ask SE for the epoch and DM for the first dose. ADSL has
age, sex and EX's times and doses; ADAE reads AE and the first dose in ADSL.
"""

from __future__ import annotations

from hashlib import blake2b

import pandas as pd
import pytest

from cdiscflow import memory
from clinical import reuse
from clinical.check import check_study
from clinical.study import load_study
from tests.homes import little_home
from tests.rules.studies import raw_of
from tests.rules.test_reuse import Nights

BUCKETS = 8
ALL = {"DM", "EX", "AE", "SE", "ADSL", "ADAE"}
# form, field, the datasets derived again when it is edited on a page of B001
FIELDS = [
    ("CONSENT", "GENDER", {"DM", "ADSL"}),
    ("CONSENT", "BORN", {"DM", "ADSL"}),
    ("CONSENT", "ENROLLED", {"DM"}),
    ("CONSENT", "LEFT", {"DM", "SE", "EX", "AE"}),  # EPOCH ends with the participation
    ("CONSENT", "SIGNED", {"DM", "SE", "EX", "AE", "ADSL"}),  # AGE is at consent
    ("DOSE", "DRUG", {"DM", "EX"}),  # ARMCD
    ("DOSE", "LINE", {"DM", "EX"}),
    ("DOSE", "GIVEN", ALL),
    ("DOSE", "AT", ALL),
    ("DOSE", "MG", ALL),
    ("EVENT", "WHAT", {"AE", "ADAE"}),
    ("EVENT", "BEGAN", {"AE", "ADAE"}),
    ("EVENT", "NO", {"AE", "ADAE"}),  # a key: --SEQ
    ("EVENT", "BAD_STD", {"AE", "ADAE"}),
    ("EVENT", "ENDED", {"AE"}),
    ("EVENT", "BAD", {"AE"}),  # SUPPAE alone
    ("EVENT", "NOTE", set()),  # not submitted
]


def bucket(person: str) -> int:
    """The bucket of a person, as docs/decisions and architecture.md 4 state it."""
    return int.from_bytes(blake2b(person.encode(), digest_size=8).digest(), "big") % BUCKETS


def in_each(datasets: set[str], buckets: list[int]) -> dict[str, list[int]]:
    """The same buckets of each dataset."""
    return dict.fromkeys(datasets, buckets)


B001 = bucket("MINI01.B001")
EVERY_BUCKET = sorted({-1, *(bucket(f"MINI01.{number}") for number in ("B001", "B002", "B003"))})


@pytest.fixture
def nights(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "bucket_count", lambda persons: BUCKETS)
    made = Nights(tmp_path, "mini")
    made.night(raw_of("mini"))
    return made


@pytest.mark.parametrize(("form", "field", "expected"), FIELDS, ids=[f"{f}.{c}" for f, c, _ in FIELDS])
def test_an_edited_field_derives_what_reads_it_in_the_bucket_of_its_person(nights, form, field, expected):
    raw = raw_of("mini")
    row = raw[form].index[raw[form]["USUBJID"] == "MINI01.B001"][0]
    raw[form].loc[row, field] = "9" if raw[form].loc[row, field] != "9" else "8"
    found = nights.night(raw)
    assert found.again == in_each(expected, [B001])
    assert {name for name, why in found.why.items() if why["fields"] == [f"{form}.{field}"]} == expected


def test_a_record_that_is_gone_derives_what_reads_its_form(nights):
    raw = raw_of("mini")
    raw["EVENT"] = raw["EVENT"][raw["EVENT"]["record"] != raw["EVENT"]["record"][0]].reset_index(drop=True)
    found = nights.night(raw)
    assert found.again == {"AE": [B001], "ADAE": [B001]}
    assert found.why["ADAE"]["fields"] == ["EVENT"]


def test_a_new_person_derives_everything_in_the_bucket_of_that_person(nights):
    raw = raw_of("mini")
    form = raw["CONSENT"]
    new = form[form["USUBJID"] == "MINI01.B003"].assign(USUBJID="MINI01.B777", Subject="B777")
    new = new.assign(record="CONSENT/B777", place=len(form))
    raw["CONSENT"] = pd.concat([form, new], ignore_index=True)
    assert nights.night(raw).again == in_each(ALL, [bucket("MINI01.B777")])


def test_a_moved_cut_derives_adam_for_everybody(nights):
    nights.cut = "2021-11-30"
    found = nights.night(raw_of("mini"))
    assert found.again == in_each({"ADSL", "ADAE"}, EVERY_BUCKET)
    assert found.why["ADSL"]["because"] == ["cut"]


def test_a_spec_a_list_and_a_module_derive_what_reads_them(nights, tmp_path, monkeypatch):
    """AE's spec and the list of events reach AE and ADAE; no spec of ADaM has a program, so ADAE's and all
    others' code is the kernel.
    """
    home = little_home(tmp_path / "home")
    for file, old, new in (("sdtm/ae.yml", "else: N}", "else: U}"), ("ct/event.csv", ",FALL", ",FELL")):
        home.edit(file, old, new)
        plan = check_study(load_study(home.study, home.root / "mappings" / "library"))
        assert set(nights.night(raw_of("mini"), plan=plan).again) == {"AE", "ADAE"}, file
    monkeypatch.setattr(reuse, "code_fingerprint", lambda module: "another kernel")
    found = nights.night(raw_of("mini"), plan=plan)
    assert found.again == in_each(ALL, EVERY_BUCKET)
    assert found.why["DM"]["because"] == ["code"]
    assert nights.night(raw_of("mini"), plan=plan).again == {}
