"""Analysis datasets against tabulations: what traces back, who is counted, what was copied [F-4]."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from submission.gate_study import OF_SUBJECTS, POPULATIONS, as_key, frame_of
from submission.tree import Fault, Tree, fault

COPIED = ("SITEID", "SUBJID", "AGE", "AGEU", "SEX", "RACE", "ETHNIC", "COUNTRY", "ARM", "ARMCD", "ACTARM")
CARRIED = ("TRT01P", "TRT01A", "TRTSDT", "TRTEDT", "SAFFL", "EFFFL", "RSPFL", "CRFL", "SITEID", "SUBJID")


def check_traces(tree: Tree) -> Iterator[Fault]:
    """SRCDOM, SRCVAR and SRCSEQ, and --SEQ carried from a domain, lead to its record."""
    for part in tree.parts.get("adam", ()):
        if part.content is None:
            continue
        frame = part.content.frame
        if {"SRCDOM", "SRCSEQ", OF_SUBJECTS} <= set(frame):
            yield from _sources(tree, part.file, part.name, frame)
        for name in [name for name in frame if name.endswith("SEQ") and name not in ("ASEQ", "SRCSEQ")]:
            source = frame_of(tree, name.removesuffix("SEQ"), "sdtm")
            if source is not None and {name, OF_SUBJECTS} <= set(source) and OF_SUBJECTS in frame:
                lost = _lost(frame, source, name, name)
                if lost:
                    yield fault("gate.source", part.file, part.name, name, lost)


def _sources(tree: Tree, file: str, dataset: str, frame: pd.DataFrame) -> Iterator[Fault]:
    for domain, rows in frame[frame["SRCSEQ"].notna()].groupby("SRCDOM"):
        source, sequence = frame_of(tree, str(domain)), f"{domain}SEQ"
        if source is not None and sequence not in source and "ASEQ" in source:
            sequence = "ASEQ"
        if source is None or not {sequence, OF_SUBJECTS} <= set(source):
            yield fault("gate.source", file, dataset, "SRCDOM", len(rows))
            continue
        lost = _lost(rows, source, "SRCSEQ", sequence)
        if lost:
            yield fault("gate.source", file, dataset, "SRCSEQ", lost)
        unknown = set(rows["SRCVAR"].dropna()) - set(source) if "SRCVAR" in rows else set()
        if unknown:
            yield fault("gate.source", file, dataset, "SRCVAR", len(unknown))


def _lost(frame: pd.DataFrame, source: pd.DataFrame, mine: str, theirs: str) -> int:
    have = pd.DataFrame({OF_SUBJECTS: source[OF_SUBJECTS], "key": as_key(source[theirs])}).drop_duplicates()
    want = (
        pd.DataFrame({OF_SUBJECTS: frame[OF_SUBJECTS], "key": as_key(frame[mine])}).dropna().drop_duplicates()
    )
    both = want.merge(have, how="left", on=[OF_SUBJECTS, "key"], indicator=True)
    return int((both["_merge"] == "left_only").sum())


def check_counts(tree: Tree) -> Iterator[Fault]:
    """ADAE has the rows of AE; a time to event is there once for everybody of its population."""
    ae, adae = frame_of(tree, "AE", "sdtm"), frame_of(tree, "ADAE", "adam")
    if ae is not None and adae is not None and len(ae) != len(adae):
        yield fault("gate.adae", tree.part("ADAE").file, "ADAE", "", abs(len(ae) - len(adae)))
    adsl, adtte = frame_of(tree, "ADSL", "adam"), frame_of(tree, "ADTTE", "adam")
    needed = {OF_SUBJECTS, "PARAMCD"}
    if adsl is None or adtte is None or not needed <= set(adtte) or OF_SUBJECTS not in adsl:
        return
    file = tree.part("ADTTE").file
    repeated = int(adtte.duplicated([OF_SUBJECTS, "PARAMCD"]).sum())
    if repeated:
        yield fault("gate.tte-repeated", file, "ADTTE", "PARAMCD", repeated)
    for parameter, flag in POPULATIONS.items():
        own = adtte[(adtte["PARAMCD"] == parameter).to_numpy(dtype=bool)]
        if flag not in adsl or not len(own):
            continue
        who = set(adsl.loc[(adsl[flag] == "Y").to_numpy(dtype=bool), OF_SUBJECTS])
        differ = who ^ set(own[OF_SUBJECTS])
        if differ:
            yield fault("gate.population", file, "ADTTE", parameter, len(differ), flag=flag)


def check_copies(tree: Tree) -> Iterator[Fault]:
    """What ADSL copies from DM, and other datasets from ADSL, is what is there."""
    dm, adsl = frame_of(tree, "DM", "sdtm"), frame_of(tree, "ADSL", "adam")
    if adsl is None or OF_SUBJECTS not in adsl or adsl[OF_SUBJECTS].duplicated().any():
        return
    if dm is not None and OF_SUBJECTS in dm and not dm[OF_SUBJECTS].duplicated().any():
        yield from _copied(tree.part("ADSL").file, "ADSL", adsl, dm, COPIED)
    for part in tree.parts.get("adam", ()):
        if part.name != "ADSL" and part.content is not None and OF_SUBJECTS in part.content.frame:
            yield from _copied(part.file, part.name, part.content.frame, adsl, CARRIED)


def _copied(
    file: str, name: str, frame: pd.DataFrame, source: pd.DataFrame, names: tuple[str, ...]
) -> Iterator[Fault]:
    by_subject = source.set_index(OF_SUBJECTS)
    for variable in names:
        if variable not in frame or variable not in source:
            continue
        theirs = by_subject[variable].reindex(frame[OF_SUBJECTS]).set_axis(frame.index)
        mine = frame[variable]
        differ = int(((mine != theirs).fillna(True) & ~(mine.isna() & theirs.isna())).sum())
        if differ:
            yield fault("gate.copied", file, name, variable, differ)
