"""Ways to break datasets of a good package, each seen by the gate [F-2, F-3, F-4, F-5, F-8, F-XPT]."""

from __future__ import annotations

import numpy as np
import pytest

from submission.gate_adam import check_copies, check_counts, check_traces
from submission.gate_privacy import check_privacy
from submission.gate_study import (
    check_dates,
    check_deaths,
    check_identity,
    check_links,
    check_results,
    check_subjects,
    check_trial,
)
from tests.submission.breaking import ADAM, DEF, ODM, SDTM, Break, against, holds


def first(name, column, value):
    """Another value in the first record that has one."""

    def change(frame):
        place = int(frame[column].notna().to_numpy().argmax())
        found = frame[column].copy()
        found.iloc[place] = value
        return frame.assign(**{column: found})

    return lambda copy: copy.data(name, change)


def rows(name, change):
    """Other records."""
    return lambda copy: copy.data(name, change)


def twice(frame):
    """The first record once more, behind it."""
    return frame.iloc[[0, *range(len(frame))]].reset_index(drop=True)


def patch(name, old, new):
    """Other bytes of the same length."""
    return lambda copy: copy.replace(f"{SDTM}/{name}.xpt", old, new, 1)


def described(layer, path, key, value):
    """An attribute of define.xml."""
    return lambda copy: copy.define(layer, lambda root: root.find(path).set(key, value))


def label(layer, oid, value):
    """The description of an item in define.xml."""
    path = f".//{ODM}ItemDef[@OID='{oid}']/{ODM}Description/{ODM}TranslatedText"
    return lambda copy: copy.define(layer, lambda root: setattr(root.find(path), "text", value))


def swapped(frame):
    """Two variables in each other's place."""
    names = list(frame)
    names[4], names[5] = names[5], names[4]
    return frame[names]


CASES = [
    Break("cut off", "gate.xpt", "F-2", "cannot be read", against("VS"),
          lambda copy: copy.write(f"{SDTM}/vs.xpt", copy.read(f"{SDTM}/vs.xpt")[:-500])),
    Break("version 8", "gate.xpt", "F-2", "cannot be read", against("VS"), patch("vs", b"LIBRARY HEADER", b"LIBV8   HEADER")),
    Break("no transport file", "gate.xpt", "F-2", "cannot be read", against("VS"),
          lambda copy: copy.write(f"{SDTM}/vs.xpt", b"<html>404</html>" * 60)),
    Break("another name inside", "gate.member", "F-2", "called XX", against("VS"),
          lambda copy: copy.data("VS", lambda frame: frame, name="XX")),
    Break("another label", "gate.dataset-label", "F-1", "in define.xml Vital Signs", against("VS"),
          lambda copy: copy.data("VS", lambda frame: frame, label="Signs")),
    Break("no records", "gate.no-records", "F-2", "has no record", against("VS"), rows("VS", lambda frame: frame.iloc[:0])),
    Break("a small letter", "gate.variable-name", "F-2", "no name of a variable", against("VS"),
          patch("vs", b"VSTESTCD", b"vstestcd")),
    Break("not ASCII", "gate.ascii", "F-2", "not printable ASCII", against("VS"), patch("vs", b"RD1302-01", b"RD\xc3\xa9302-0")),
    Break("a line break", "gate.ascii", "F-2", "not printable ASCII", against("AE"),
          lambda copy: copy.replace(f"{SDTM}/ae.xpt", b"RD1302-01", b"RD1302\n01", 1)),
    Break("a leading blank", "gate.leading-blank", "F-5", "begin with a blank", against("AE"), first("AE", "AETERM", " Nausea")),
    Break("a dot", "gate.dot", "F-5", 'the value "."', against("AE"), first("AE", "AEGRPID", ".")),
    Break("a variable more", "gate.undefined", "F-1", "does not describe VSDY", against("VS"),
          lambda copy: copy.define("sdtm", lambda root: [one.getparent().remove(one) for one in root.iterfind(
              f".//{ODM}ItemRef[@ItemOID='IT.VS.VSDY']")])),
    Break("a variable less", "gate.absent", "F-1", "describes VSDY", against("VS"),
          rows("VS", lambda frame: frame.drop(columns="VSDY"))),
    Break("another order", "gate.order", "F-1", "another order", against("VS"), rows("VS", swapped)),
    Break("a label in define.xml", "gate.label", "F-1", "label of VSDY differs", against("VS"),
          label("sdtm", "IT.VS.VSDY", "Day")),
    Break("a type in define.xml", "gate.type", "F-1", "in define.xml text", against("VS"),
          described("sdtm", f".//{ODM}ItemDef[@OID='IT.VS.VSDY']", "DataType", "text")),
    Break("a length in define.xml", "gate.length", "F-1", "in define.xml 3", against("AE"),
          described("sdtm", f".//{ODM}ItemDef[@OID='IT.AE.AETERM']", "Length", "3")),
    Break("no integer", "gate.integer", "F-1", "no integers", against("VS"), first("VS", "VSDY", 1.5)),
    Break("no date", "gate.data-type", "F-1", "are no", against("DM"), first("DM", "BRTHDTC", "1990-99")),
    Break("mandatory and missing", "gate.mandatory", "F-5", "have no AETERM", against("AE"), first("AE", "AETERM", None)),
    Break("not in the list", "gate.unlisted", "F-1", "not in CL.SEX", against("DM"), first("DM", "SEX", "X")),
    Break("longer than its value level", "gate.value-long", "F-1", "its longest value", against("VS"),
          described("sdtm", f".//{ODM}ItemDef[@OID='IT.VS.VSORRES.TEMP']", "Length", "1")),
    Break("a test nobody describes", "gate.value-undefined", "F-1", "no where-clause", against("VS"),
          first("VS", "VSTESTCD", "NEWTEST")),
    Break("a where-clause of nothing", "gate.where-nothing", "F-1", "no record with a VSORRES", against("VS"),
          rows("VS", lambda frame: frame[frame["VSTESTCD"] != "TEMP"])),
    Break("data where there are none", "gate.has-data", "F-1", "no data, and it has", against("VS"),
          described("sdtm", f".//{ODM}ItemGroupDef[@OID='IG.VS']", f"{DEF}HasNoData", "Yes")),
    Break("keys twice", "gate.keys", "F-2", "repeat the keys", against("AE"), rows("AE", twice)),
    Break("not sorted", "gate.keys-order", "F-2", "not in the order", against("AE"), rows("AE", lambda frame: frame.iloc[::-1])),
    Break("a date without format", "gate.date-format", "F-2", "without format", against("ADSL"),
          lambda copy: copy.replace(f"{ADAM}/adsl.xpt", b"DATE    \x00\x09", b"        \x00\x00")),
    Break("padded", "gate.padded", "F-2", "its longest value 1", against("DM"),
          lambda copy: copy.data("DM", lambda frame: frame, {"SEX": 20})),
    Break("DM twice", "gate.subject-repeated", "F-3", "repeat a subject in DM", check_subjects, rows("DM", twice)),
    Break("ADSL twice", "gate.subject-repeated", "F-3", "repeat a subject in ADSL", check_subjects, rows("ADSL", twice)),
    Break("a stranger", "gate.subject-unknown", "F-3", "of AE are not in DM", check_subjects,
          first("AE", "USUBJID", "RD1302-99-999")),
    Break("not in ADSL", "gate.subject-lacking", "F-3", "not in ADSL", check_subjects, rows("ADSL", lambda frame: frame.iloc[1:])),
    Break("another study", "gate.study", "F-3", "STUDYID has", check_identity, first("VS", "STUDYID", "OTHER")),
    Break("another domain", "gate.domain", "F-3", "DOMAIN is not VS", check_identity, first("VS", "DOMAIN", "EG")),
    Break("a sequence twice", "gate.sequence", "F-2", "repeat AESEQ", check_identity,
          rows("AE", lambda frame: frame.assign(AESEQ=1.0))),
    Break("another study in define.xml", "gate.define-study", "F-1", "its study is OTHER", check_identity,
          lambda copy: copy.define("sdtm", lambda root: setattr(root.find(f".//{ODM}StudyName"), "text", "OTHER"))),
    Break("no ISO 8601", "gate.iso", "F-5", "no ISO 8601", check_dates, first("AE", "AESTDTC", "12/31/2024")),
    Break("the end before the start", "gate.end-before-start", "F-5", "before the start", check_dates,
          first("CM", "CMENDTC", "1999-01-01")),
    Break("an epoch", "gate.epoch", "F-5", "TA has not", check_trial, first("AE", "EPOCH", "Treatment")),
    Break("a visit", "gate.visit", "F-5", "not in SV", check_trial, first("VS", "VISITNUM", 77.0)),
    Break("an arm", "gate.arm", "F-5", "not assigned", check_trial,
          rows("DM", lambda frame: frame.assign(ARM=None, ARMNRS=None))),
    Break("a qualifier of nothing", "gate.parent", "F-5", "belong to no record", check_links,
          first("SUPPAE", "IDVARVAL", "9999")),
    Break("a relation to nothing", "gate.related", "F-5", "lead to no record", check_links,
          first("RELREC", "IDVARVAL", "9999")),
    Break("a relation of one side", "gate.related-alone", "F-5", "one side only", check_links,
          rows("RELREC", lambda frame: frame.iloc[1:])),
    Break("another number", "gate.result", "F-5", "differ between text", check_results, first("VS", "VSSTRESN", 12345.0)),
    Break("two names of a test", "gate.test", "F-5", "two codes or two names", check_results, first("VS", "VSTEST", "Temp")),
    Break("dead and not so", "gate.death", "F-5", "died by", check_deaths,
          rows("DM", lambda frame: frame.assign(DTHFL=None, DTHDTC="2024-06-05"))),
    Break("a source that is gone", "gate.source", "F-4", "lead to no record", check_traces,
          rows("RS", lambda frame: frame.iloc[:1])),
    Break("a variable that is gone", "gate.source", "F-4", "SRCVAR lead to no record", check_traces,
          first("ADRS", "SRCVAR", "NOSUCH")),
    Break("an event less", "gate.adae", "F-4", "differ by 1", check_counts, rows("ADAE", lambda frame: frame.iloc[1:])),
    Break("a time twice", "gate.tte-repeated", "F-4", "twice in ADTTE", check_counts, rows("ADTTE", twice)),
    Break("a time that lacks", "gate.population", "F-4", "population SAFFL", check_counts,
          rows("ADTTE", lambda frame: frame[~((frame["PARAMCD"] == "OS") & (frame.index == (frame["PARAMCD"] == "OS").idxmax()))])),
    Break("a flag that moved", "gate.population", "F-4", "population RSPFL", check_counts,
          rows("ADSL", lambda frame: frame.assign(RSPFL="N"))),
    Break("another sex", "gate.copied", "F-4", "differ from where they were copied", check_copies, first("ADSL", "SEX", "U")),
    Break("another start", "gate.copied", "F-4", "differ from where they were copied", check_copies,
          rows("ADTTE", lambda frame: frame.assign(TRTSDT=frame["TRTSDT"] + np.timedelta64(1, "D")))),
    Break("a telephone", "gate.phone", "F-8", "phone number", check_privacy, first("AE", "AETERM", "call 13812345678")),
    Break("an identity card", "gate.identity", "F-8", "identity card", check_privacy,
          first("AE", "AETERM", "11010519900307123X")),
    Break("an address", "gate.email", "F-8", "e-mail", check_privacy, first("AE", "AETERM", "ask jane@example.org")),
    Break("a hospital number", "gate.hospital-number", "F-8", "hospital record", check_privacy,
          first("AE", "AETERM", "MRN 00123456")),
    Break("a name", "gate.person-name", "F-8", "name of a person", check_privacy, first("AE", "AETERM", "seen by Dr Miller")),
    Break("initials", "gate.person-variable", "F-8", "called like a name", check_privacy, patch("dm", b"COUNTRY ", b"SUBJINIT")),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what.replace(" ", "-"))
def test_the_gate_sees_what_is_wrong_with_data(package, tmp_path, case):
    holds(package, tmp_path, case)


def test_a_birth_date_to_the_day_is_found_in_the_good_package_and_explained(package, packing):
    from submission.plan import read_plan
    from submission.tree import open_tree

    found = [one for one in check_privacy(open_tree(package)) if one.id == "gate.birth-date"]
    assert [(one.dataset, one.variable, one.severity) for one in found] == [("DM", "BRTHDTC", "warning")]
    plan = read_plan(packing.mappings / "rd1302")
    assert plan.explained("gate.birth-date", "DM").disposition == "expected by design"


@pytest.mark.parametrize("columns", [["USUBJID"], ["DOMAIN", "AESEQ"], ["STUDYID", "AESTDTC", "AEENDTC"]])
def test_a_dataset_that_lacks_nearly_everything_stops_no_check(package, tmp_path, columns):
    from submission.gate import data_faults
    from submission.tree import open_tree
    from tests.submission.breaking import Copy

    copy = Copy(package, tmp_path / "copy")
    for name in ("AE", "DM", "SUPPAE", "RELREC", "TS", "ADSL", "ADTTE", "ADRS"):
        copy.data(name, lambda frame: frame[[one for one in frame if one in columns] or [frame.columns[0]]])
    found = list(data_faults(open_tree(copy.root)))
    assert "gate.absent" in {one.id for one in found}
