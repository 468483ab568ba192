"""The datasets of a package against each other: subjects, sources, populations, trial design [F-3, F-4, F-5].

Source: study_rd13_02.md F.7; notes_conformance.md 2 and 3 with the ids of the published rules.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from clinical.distinct import distinct, spread
from submission.tree import Fault, Part, Tree, fault

PARTIAL = (
    r"\d{4}(-\d{2}(-\d{2}(T\d{2}(:\d{2}(:\d{2}(\.\d+)?)?)?)?)?)?(Z|[+-]\d{2}:\d{2})?"
    r"|\d{4}---\d{2}|\d{4}-\d{2}--T.*|--.*"
)
SCREENED = ("SCREEN FAILURE", "NOT ASSIGNED")
POPULATIONS = {"DOR": "RSPFL", "EFS": "CRFL", "OS": "SAFFL"}
ONE_A_SUBJECT = {"DM", "ADSL"}
OF_SUBJECTS = "USUBJID"


def frame_of(tree: Tree, name: str, layer: str = "") -> pd.DataFrame | None:
    """The records of a dataset, all parts of a split one together; None where there is none to read."""
    parts = [part for part in tree.all_parts() if part.domain == name and layer in ("", part.layer)]
    frames = [part.content.frame for part in parts if part.content is not None]
    if not frames:
        return None
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def check_subjects(tree: Tree) -> Iterator[Fault]:
    """One record a subject in DM and ADSL; everybody else's subjects are in DM [F-3]."""
    dm, adsl = frame_of(tree, "DM", "sdtm"), frame_of(tree, "ADSL", "adam")
    for name, frame in (("DM", dm), ("ADSL", adsl)):
        part = tree.part(name)
        if frame is not None and part is not None and OF_SUBJECTS in frame:
            repeated = int(frame[OF_SUBJECTS].duplicated().sum())
            if repeated:
                yield fault("gate.subject-repeated", part.file, name, OF_SUBJECTS, repeated)
    if dm is None or OF_SUBJECTS not in dm:
        return
    known = set(dm[OF_SUBJECTS])
    for part in tree.all_parts():
        if part.content is None or OF_SUBJECTS not in part.content.frame or part.name == "DM":
            continue
        unknown = set(part.content.frame[OF_SUBJECTS].dropna()) - known
        if unknown:
            yield fault("gate.subject-unknown", part.file, part.name, OF_SUBJECTS, len(unknown))
    if adsl is not None and OF_SUBJECTS in adsl:
        lacking = known - set(adsl[OF_SUBJECTS])
        if lacking:
            yield fault("gate.subject-lacking", tree.part("ADSL").file, "ADSL", OF_SUBJECTS, len(lacking))


def check_identity(tree: Tree) -> Iterator[Fault]:
    """One study, a domain's own name, one record for each --SEQ of a subject."""
    studies: set[str] = set()
    for part in tree.all_parts():
        if part.content is None:
            continue
        frame = part.content.frame
        if "STUDYID" in frame:
            own = set(frame["STUDYID"].dropna())
            if len(studies | own) > 1:
                yield fault("gate.study", part.file, part.name, "STUDYID", len(studies | own))
            studies |= own
        domain = set(frame["DOMAIN"].dropna()) if "DOMAIN" in frame and part.layer == "sdtm" else set()
        if domain - {part.domain}:
            yield fault("gate.domain", part.file, part.name, "DOMAIN", len(domain))
        sequence = "ASEQ" if part.layer == "adam" else f"{part.domain}SEQ"
        if {sequence, OF_SUBJECTS} <= set(frame) and part.name != "TS":
            repeated = int(frame.duplicated([OF_SUBJECTS, sequence]).sum())
            if repeated:
                yield fault("gate.sequence", part.file, part.name, sequence, repeated)
    for define in tree.defines.values():
        if studies and define.study and define.study not in studies:
            yield fault("gate.define-study", define.file, found=define.study)


def check_dates(tree: Tree) -> Iterator[Fault]:
    """ISO 8601 in every --DTC of SDTM; an end not before its start [notes_conformance 2]."""
    for part in tree.parts.get("sdtm", ()):
        if part.content is None:
            continue
        frame = part.content.frame
        for name in [name for name in frame if name.endswith("DTC") and _is_text(frame[name])]:
            codes, values = distinct(frame[name])
            good = pd.Series(values, dtype="str").str.fullmatch(PARTIAL).to_numpy(dtype=bool)
            if not good.all():
                yield fault("gate.iso", part.file, part.name, name, int((~spread(codes, good, True)).sum()))
        yield from _ends(part, frame)


def _ends(part: Part, frame: pd.DataFrame) -> Iterator[Fault]:
    start, end = f"{part.domain}STDTC", f"{part.domain}ENDTC"
    if not {start, end} <= set(frame):
        return
    first, last = frame[start].fillna(""), frame[end].fillna("")
    size = np.minimum(first.str.len(), last.str.len())
    days = pd.DataFrame({"a": first, "b": last, "n": size})[(size >= 4).to_numpy()]
    broken = sum(b[:n] < a[:n] for a, b, n in days.drop_duplicates().itertuples(index=False))
    if broken:
        yield fault("gate.end-before-start", part.file, part.name, end, int(broken))


def _is_text(column: pd.Series) -> bool:
    return not pd.api.types.is_float_dtype(column) and not pd.api.types.is_datetime64_any_dtype(column)


def check_trial(tree: Tree) -> Iterator[Fault]:
    """Epochs of TA, visits of SV, arms of subjects who were not assigned [CG0009, CG0034, SDTMIG 3.4 DM]."""
    ta, sv, dm = (frame_of(tree, name, "sdtm") for name in ("TA", "SV", "DM"))
    for part in tree.parts.get("sdtm", ()):
        frame = part.content.frame if part.content is not None else pd.DataFrame()
        if ta is not None and "EPOCH" in ta and "EPOCH" in frame and part.name != "TA":
            unknown = set(frame["EPOCH"].dropna()) - set(ta["EPOCH"].dropna())
            if unknown:
                yield fault("gate.epoch", part.file, part.name, "EPOCH", len(unknown))
        if sv is not None and {OF_SUBJECTS, "VISITNUM"} <= set(frame) & set(sv) and part.name != "SV":
            lost = _lost(frame, sv, [OF_SUBJECTS, "VISITNUM"])
            if lost:
                yield fault("gate.visit", part.file, part.name, "VISITNUM", lost)
    if dm is not None and {"ARM", "ARMNRS"} <= set(dm):
        broken = int(
            (dm["ARM"].notna() & dm["ARMNRS"].isin(SCREENED)).sum()
            + (dm["ARM"].isna() & dm["ARMNRS"].isna()).sum()
        )
        if broken:
            yield fault("gate.arm", tree.part("DM").file, "DM", "ARM", broken)


def _lost(frame: pd.DataFrame, other: pd.DataFrame, names: list[str]) -> int:
    """How many different keys of the one, all parts known, the other does not have."""
    mine = frame[names].dropna().drop_duplicates()
    both = mine.merge(other[names].drop_duplicates(), how="left", on=names, indicator=True)
    return int((both["_merge"] == "left_only").sum())


def check_links(tree: Tree) -> Iterator[Fault]:
    """Records that SUPP-- and RELREC point to [SDTMIG 3.4, 8.2 and 8.4]."""
    for part in tree.parts.get("sdtm", ()):
        if part.content is None:
            continue
        if part.name.startswith("SUPP"):
            yield from _qualified(tree, part)
        elif part.name == "RELREC":
            yield from _related(tree, part)


def _qualified(tree: Tree, part: Part) -> Iterator[Fault]:
    needed = {"RDOMAIN", OF_SUBJECTS, "IDVAR", "IDVARVAL", "QNAM"}
    frame = part.content.frame
    if not needed <= set(frame):
        return
    lost = sum(_unfound(tree, domain, rows) for domain, rows in frame.groupby("RDOMAIN"))
    if lost:
        yield fault("gate.parent", part.file, part.name, "IDVARVAL", lost)


def _related(tree: Tree, part: Part) -> Iterator[Fault]:
    frame = part.content.frame
    if not {"RDOMAIN", OF_SUBJECTS, "IDVAR", "IDVARVAL", "RELID"} <= set(frame):
        return
    own = frame[frame["IDVARVAL"].notna()]
    lost = sum(_unfound(tree, domain, rows) for domain, rows in own.groupby("RDOMAIN"))
    if lost:
        yield fault("gate.related", part.file, part.name, "IDVARVAL", lost)
    alone = int((frame.groupby("RELID")["RDOMAIN"].size() < 2).sum())
    if alone:
        yield fault("gate.related-alone", part.file, part.name, "RELID", alone)


def _unfound(tree: Tree, domain: str, rows: pd.DataFrame) -> int:
    """How many of some references into a domain lead to no record."""
    target = frame_of(tree, str(domain), "sdtm")
    if target is None or OF_SUBJECTS not in target:
        return len(rows)
    lost = 0
    for variable, some in rows.groupby("IDVAR", dropna=False):
        if pd.isna(variable):
            lost += int((~some[OF_SUBJECTS].isin(target[OF_SUBJECTS])).sum())
            continue
        if variable not in target:
            lost += len(some)
            continue
        there = pd.DataFrame({OF_SUBJECTS: target[OF_SUBJECTS], "IDVARVAL": as_key(target[variable])})
        lost += _lost(some.assign(IDVARVAL=as_key(some["IDVARVAL"])), there, [OF_SUBJECTS, "IDVARVAL"])
    return lost


def as_key(column: pd.Series) -> pd.Series:
    """Numbers and the text of numbers alike: `3`."""
    if pd.api.types.is_float_dtype(column):
        codes, values = pd.factorize(column)
        texts = np.array([f"{value:g}" for value in values] + [None], dtype=object)
        return pd.Series(texts[codes], index=column.index, dtype="str")
    return column


def check_results(tree: Tree) -> Iterator[Fault]:
    """Standard results as text and as number agree; one name a test [FB3102, FB3103]."""
    for part in tree.parts.get("sdtm", ()):
        if part.content is None:
            continue
        frame, domain = part.content.frame, part.domain
        text, number = f"{domain}STRESC", f"{domain}STRESN"
        if {text, number} <= set(frame) and pd.api.types.is_float_dtype(frame[number]):
            codes, values = distinct(frame[text])
            numbers = spread(codes, np.array([_number(value) for value in values], dtype="float64"), np.nan)
            given = frame[number].to_numpy()
            close = np.isclose(numbers, given, rtol=1e-9, atol=0) | (np.isnan(numbers) & np.isnan(given))
            if not close.all():
                yield fault("gate.result", part.file, part.name, number, int((~close).sum()))
        code, name = f"{domain}TESTCD", f"{domain}TEST"
        if {code, name} <= set(frame):
            pairs = frame[[code, name]].dropna().drop_duplicates()
            several = int(pairs[code].duplicated().sum() + pairs[name].duplicated().sum())
            if several:
                yield fault("gate.test", part.file, part.name, code, several)


def _number(text: str) -> float:
    try:
        return float(text) if not text.strip().lower().startswith(("nan", "inf", "+inf", "-inf")) else np.nan
    except ValueError:
        return np.nan


def check_deaths(tree: Tree) -> Iterator[Fault]:
    """A fatal event, a date of death and the flag of death tell the same [FB0612]."""
    dm, ae = frame_of(tree, "DM", "sdtm"), frame_of(tree, "AE", "sdtm")
    if dm is None or not {"DTHFL", OF_SUBJECTS} <= set(dm):
        return
    dead = set(dm.loc[(dm["DTHFL"] == "Y").to_numpy(dtype=bool), OF_SUBJECTS])
    if "DTHDTC" in dm:
        dated = set(dm.loc[dm["DTHDTC"].notna().to_numpy(), OF_SUBJECTS])
        if dated - dead:
            yield fault("gate.death", tree.part("DM").file, "DM", "DTHFL", len(dated - dead))
    if ae is not None and {"AEOUT", OF_SUBJECTS} <= set(ae):
        fatal = set(ae.loc[(ae["AEOUT"] == "FATAL").to_numpy(dtype=bool), OF_SUBJECTS])
        if fatal - dead:
            yield fault("gate.death", tree.part("AE").file, "AE", "AEOUT", len(fatal - dead))
