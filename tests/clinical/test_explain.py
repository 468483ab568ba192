"""What a spec's line says, in one English sentence."""

from __future__ import annotations

import pytest

from clinical.explain import in_english
from clinical.read import parse_yaml
from clinical.words import WORDS, parse_word

SENTENCES = {
    "raw.AETERM": "raw.AETERM",
    "{constant: NOT DONE, when: {raw.STATUS: X}}": "'NOT DONE', when raw.STATUS is X",
    '{text: "AE-{raw.RecordPosition}"}': "the text 'AE-{raw.RecordPosition}'",
    "{term: raw.DM.SEX_STD, codelist: SEX}": "raw.DM.SEX_STD in the terms of codelist SEX",
    "{term: LBTESTCD, codelist: LBTEST, via: code}": "the term of codelist LBTEST with the code of LBTESTCD",
    "{number: raw.LDDOSE, round: 2}": "the number in raw.LDDOSE, rounded to 2 decimals",
    "{date: raw.LDDAT, time: raw.LDENTIM, not_before: EXSTDTC}": (
        "the date raw.LDDAT with the time raw.LDENTIM, "
        "the next day if its clock is earlier than that of EXSTDTC"
    ),
    "{date: AESTDTC, impute: first, not_before: [TRTSDT], not_after: [AENDT], rule: D-IMP}": (
        "the date AESTDTC, unknown parts taken as the first possible (not before TRTSDT, not after AENDT, "
        "where that is possible) [D-IMP]"
    ),
    "{imputed: ASTDT}": "what of ASTDT was imputed",
    "{unit: raw.INFDOSE, from: raw.INFDOSEU, to: 10^6 cells}": (
        "raw.INFDOSE converted from raw.INFDOSEU to 10^6 cells"
    ),
    "{result: LBORRES, from: LBORRESU, test: LBTESTCD, give: number}": (
        "the standard number of LBORRES in LBORRESU for test LBTESTCD"
    ),
    "{formula: total / raw.INFWT, round: 4}": "total / raw.INFWT, rounded to 4 decimals",
    "{case: [{when: {A: x}, constant: X}, {copy: B}]}": "the first that applies: 'X', when A is x; B",
    "{case: [{when: {A: x}, constant: X}], else: missing}": (
        "the first that applies: 'X', when A is x; otherwise missing"
    ),
    "{any_of: [{copy: A}, {number: B}]}": "the first that has a value: A; the number in B",
    "{flag: {deaths: {ge: 1}}, else: N}": "Y if deaths >= 1, else N",
    "{bin: AGE, cuts: [18, 65], labels: [minor, adult, old]}": (
        "the class of AGE: 'minor' below 18, 'adult' from 18, 'old' from 65"
    ),
    "{bin: AGE, cuts: [18], labels: [minor, adult], give: number}": "the class of AGE: 1 below 18, 2 from 18",
    "{duration: [BRTHDTC, RFICDTC], as: years, known: month}": (
        "completed years from BRTHDTC to RFICDTC, dates known to the month being enough"
    ),
    "{duration: [ASTDT, AENDT], as: days}": "days from ASTDT to AENDT, both counted",
    "{study_day: AESTDTC, since: DM.RFXSTDTC}": "the study day of AESTDTC since DM.RFXSTDTC",
    "{first: EX.EXSTDTC, where: {EXTRT: RD13-02, EXDOSE: {gt: 0}}, note: Empty if never infused}": (
        "the earliest of EX.EXSTDTC where EXTRT is RD13-02 and EXDOSE > 0 (Empty if never infused)"
    ),
    "{last: [SV.SVENDTC, {of: DS.DSSTDTC, where: {DSSCAT: [A, B]}}], complete: true}": (
        "the latest complete date of SV.SVENDTC, DS.DSSTDTC where DSSCAT is one of A, B"
    ),
    "{last: EX.EXLOT, order: [EXSTDTC, EXSEQ]}": "the latest of EX.EXLOT by EXSTDTC, EXSEQ",
    "{count: [raw.DTH, EX.EXDOSE], where: {A: {notin: [x]}}}": (
        "the number of records of raw.DTH, EX.EXDOSE where A is none of x"
    ),
    "{total: EX.EXDOSE}": "the sum of EX.EXDOSE",
    "{lookup: SV.VISITNUM, match: {folder: folder, instance: again}, optional: true}": (
        "SV.VISITNUM of the record where folder = folder and instance = again, if there is one"
    ),
    "{during: SE.EPOCH, at: AESTDTC, from: SE.SESTDTC, to: SE.SEENDTC, closed: true}": (
        "SE.EPOCH of the interval from SE.SESTDTC to SE.SEENDTC that AESTDTC is in, each end included"
    ),
    "{pick: last, by: [LBTESTCD], order: [LBDTC, LBSEQ], where: {LBDTC: {before: {column: DM.RFXSTDTC}}}}": (
        "Y on the last record of each subject and LBTESTCD by LBDTC, LBSEQ where LBDTC is before DM.RFXSTDTC"
    ),
    "{program: actual_arm, reads: {EX: [EXTRT]}}": "computed by the program actual_arm",
    "{constant: Y, when: [{A: {missing: true}}, {A: {missing: false}, B: {ne: x, notin: {column: C}}}]}": (
        "'Y', when A is missing or A is not missing and B is not x and B is none of C"
    ),
}


@pytest.mark.parametrize("spec", SENTENCES)
def test_the_line_in_english(spec):
    word = parse_word(parse_yaml(f"X: {spec}", "vs.yml")["X"], "VS.X")
    assert in_english(word) == SENTENCES[spec]


def test_every_word_has_a_sentence_here():
    said = " ".join(SENTENCES)
    assert [word for word in WORDS if word != "copy" and f"{{{word}:" not in said] == []
