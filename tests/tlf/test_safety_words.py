"""Words of the safety tables on drawn records: maximum grade, events, shift, decision, visits [E.2, D.5]."""

import pytest

from clinical.errors import SpecError, SpecErrors
from tests.tables import table
from tests.tlf.small import HEAD, make, read, study_of, write
from tlf.spec import read_displays

ADSL = """
    USUBJID | SAFFL | TRT01A
    P1      | Y     | A
    P2      | Y     | A
    P3      | Y     | B
    """
ADAE = """
    USUBJID | AEBODSYS | AEDECOD | ATOXGRN | AEGRPID | AESER | AESEQ
    P1      | HEART    | FAST    | 2       | G1      | N     | 1
    P1      | HEART    | FAST    | 3       | G1      | Y     | 2
    P1      | HEART    | SLOW    | 1       |         | N     | 3
    P2      | HEART    | SLOW    | 1       |         | N     | 1
    P2      | HEART    | SLOW    | 1       |         | N     | 2
    P3      | SKIN     | RASH    |         |         | N     | 1
    """
GRADES = """\
columns:
  each:
    G1: {label: Grade 1, where: {ATOXGRN: 1}}
    G2: {label: Grade 2, where: {ATOXGRN: 2}}
    G3: {label: Grade 3, where: {ATOXGRN: 3}}
    ANY: Any
    HIGH: {label: ">=2", where: {ATOXGRN: {ge: 2}}}
records: {from: ADAE}
"""
ARMS = "columns: {by: TRT01A, levels: [A, B], total: Total}\nrecords: {from: ADAE}\n"


def lines(made):
    """Label and cells of every line."""
    rows = made.files["t_1.csv"].decode().splitlines()[1:]
    return [row.split(",", 2)[2].replace('"', "").split(",") for row in rows]


def made(folder, rows, head=ARMS, adae=ADAE, adsl=ADSL, **others):
    return make(folder, HEAD + head + f"rows:\n{rows}", ADSL=table(adsl), ADAE=table(adae), **others)


def test_a_subject_with_grades_2_and_3_of_a_term_counts_once_at_3(tmp_path):
    """E.2, T14.3.2: each subject once at its maximum grade in each line; without a grade under Any alone."""
    rows = "  any: {count: all, worst: ATOXGRN, label: Any}\n"
    rows += "  t: {nested: [AEBODSYS, AEDECOD], worst: ATOXGRN}\n"
    assert lines(made(tmp_path, rows, GRADES)) == [
        ["Any", "1 (33.3)", "0", "1 (33.3)", "3 (100)", "1 (33.3)"],
        ["HEART", "1 (33.3)", "0", "1 (33.3)", "2 (66.7)", "1 (33.3)"],
        ["SLOW", "2 (66.7)", "0", "0", "2 (66.7)", "0"],
        ["FAST", "0", "0", "1 (33.3)", "1 (33.3)", "1 (33.3)"],
        ["SKIN", "0", "0", "0", "1 (33.3)", "0"],
        ["RASH", "0", "0", "0", "1 (33.3)", "0"],
    ]


def test_lines_stand_in_the_order_of_all_grades_together_under_every_part(tmp_path):
    """E.0: RASH has more subjects of grade 1, SLOW more in all; of two with as many, the alphabet decides."""
    adae = """
        USUBJID | AEBODSYS | AEDECOD | ATOXGRN
        P1      | X        | RASH    | 1
        P1      | X        | SLOW    | 3
        P2      | X        | SLOW    | 3
        P3      | X        | ACHE    | 2
        """
    found = made(tmp_path, "  t: {nested: [AEBODSYS, AEDECOD], worst: ATOXGRN}\n", GRADES, adae)
    assert [line[0] for line in lines(found)] == ["X", "SLOW", "ACHE", "RASH"]
    assert lines(found)[1] == ["SLOW", "0", "0", "2 (66.7)", "2 (66.7)", "2 (66.7)"]


def test_the_maximum_grade_of_a_category_is_one_line_a_subject(tmp_path):
    """E.2, T14.3.6: P1 has grades 1, 2 and 3 and is in grade 3 alone."""
    adae = """
        USUBJID | ATOXGR | ATOXGRN
        P1      | 2      | 2
        P1      | 3      | 3
        P2      | 1      | 1
        """
    rows = '  g: {categorical: ATOXGR, worst: ATOXGRN, levels: {"1": One, "2": Two, "3": Three}}\n'
    assert lines(made(tmp_path, rows, adae=adae)) == [
        ["One", "1 (50.0)", "0", "1 (33.3)"],
        ["Two", "0", "0", "0"],
        ["Three", "1 (50.0)", "0", "1 (33.3)"],
    ]


def test_events_are_what_the_investigator_linked(tmp_path):
    """D.5: the two rows of G1 are one event; rows without AEGRPID are events of their own."""
    rows = "  a: {count: all, event: AEGRPID, show: events, label: Any}\n  s: {count: {AESER: Y}, event: AEGRPID, show: events, label: Serious}\n  t: {nested: AEDECOD, event: AEGRPID, show: events}\n"  # noqa: E501
    assert lines(made(tmp_path, rows)) == [
        ["Any", "2 (100) [4]", "1 (100) [1]", "3 (100) [5]"],
        ["Serious", "1 (50.0) [1]", "0", "1 (33.3) [1]"],
        ["SLOW", "2 (100) [3]", "0", "2 (66.7) [3]"],
        ["FAST", "1 (50.0) [1]", "0", "1 (33.3) [1]"],
        ["RASH", "0", "1 (100) [1]", "1 (33.3) [1]"],
    ]


@pytest.mark.parametrize(("others", "shown"), [(9, ["AT"]), (10, ["No data to report"])])
def test_a_term_of_exactly_ten_percent_of_one_group_is_shown(tmp_path, others, shown):
    """T14.3.3: 1 of 10 in group A is 10 %, 1 of 11 is 9.1 %; the total (of 21 or 22) does not decide."""
    people = (
        "\n".join(f"A{n} | Y | A" for n in range(others))
        + "\n"
        + "\n".join(f"B{n} | Y | B" for n in range(11))
    )
    adsl = f"USUBJID | SAFFL | TRT01A\nP1 | Y | A\n{people}"
    adae = "USUBJID | AEBODSYS | AEDECOD\nP1 | X | AT\nB1 | X | BELOW"
    for word in ("AEDECOD", "[AEBODSYS, AEDECOD]"):
        found = lines(made(tmp_path, f"  t: {{nested: {word}, minimum: 10}}\n", adae=adae, adsl=adsl))
        labels = [line[0] for line in found if line[0] != "X"]
        assert labels == shown


def test_the_total_does_not_decide_what_is_frequent(tmp_path):
    """T14.3.3: a subject without a group is 1 of 2 in the total and of no group."""
    adsl = "USUBJID | SAFFL | TRT01A\nP1 | Y |\nP2 | Y | A"
    found = made(
        tmp_path, "  t: {nested: AEDECOD, minimum: 10}\n", adae="USUBJID | AEDECOD\nP1 | X", adsl=adsl
    )
    assert lines(found)[0][0] == "No data to report"


def test_a_table_without_groups_compares_the_minimum_with_its_total(tmp_path):
    """P1 alone is 33.3 % of three."""
    head = "records: {from: ADAE}\n"
    assert len(lines(made(tmp_path, "  t: {nested: AEDECOD, minimum: 33.3}\n", head))) == 3
    assert [line[0] for line in lines(made(tmp_path, "  t: {nested: AEDECOD, minimum: 33.4}\n", head))] == [
        "SLOW"
    ]


def test_counted_subjects_may_have_or_lack_other_records(tmp_path):
    """T14.3.6: treated subjects among those with the event; resolved where no event is fatal."""
    adcm = table("USUBJID | TOCIFL\nP1 | Y\nP3 | Y")
    rows = "  h: {count: {TOCIFL: Y}, from: ADCM, having: {from: ADAE, where: {AEDECOD: FAST}}, label: Had}\n  l: {count: all, lacking: {where: {ATOXGRN: 3}}, label: Lacks}\n"  # noqa: E501
    found = made(tmp_path, rows, ADCM=adcm)
    assert lines(found) == [
        ["Had", "1 (50.0)", "0", "1 (33.3)"],
        ["Lacks", "1 (50.0)", "1 (100)", "2 (66.7)"],
    ]
    text = HEAD + "rows: {a: {count: all, having: {from: ADCM, where: {TOCIFL: Y}}}}\n"
    assert read(tmp_path, text).datasets == ("ADCM", "ADSL")


def test_a_subject_with_several_events_has_one_onset_and_one_duration(tmp_path):
    """T14.3.6: first onset, longest event; (3 + 8) / 2 = 5.5 and (4 + 9) / 2 = 6.5."""
    adae = table("USUBJID | ASTDY | ADURN\nP1 | 9 | 9\nP1 | 3 | 2\nP2 | 8 | 4\nP3 | | ")
    form = "formats: {continuous: {M: '{n}: {median:+1} ({min:+0}; {max:+0})'}}"
    rows = f"  o: {{continuous: ASTDY, subject: lowest, {form}}}\n"
    rows += f"  d: {{continuous: ADURN, subject: highest, {form}}}\n"
    text = HEAD + "records: {from: ADAE}\nrows:\n" + rows
    assert lines(make(tmp_path, text, ADSL=table(ADSL), ADAE=adae)) == [
        ["M", "2: 5.5 (3; 8)"],
        ["M", "2: 6.5 (4; 9)"],
    ]


SHIFT = """\
columns: {each: {"0": "0", "1": "1", missing: Missing, total: Total}}
records: {from: ADLB}
"""
ROW = '  s: {shift: ATOXGRL, baseline: {ABLFL: Y}, worst: {ANL02FL: Y}, levels: ["0", "1"], show: n, label: Low}\n'  # noqa: E501
ADLB = """
    USUBJID | ATOXGRL | ABLFL | ANL02FL
    P1      | 0       | Y     |
    P1      | 1       |       | Y
    P1      | 0       |       |
    P2      | 1       |       | Y
    """


def shift(folder, head=SHIFT, row=ROW, adlb=ADLB):
    return make(folder, HEAD + head + "rows:\n" + row, ADSL=table(ADSL), ADLB=table(adlb))


def test_a_shift_counts_every_subject_once(tmp_path):
    """T14.3.9: P1 from 0 to 1, P2 from nothing to 1, P3 has no result at all."""
    assert lines(shift(tmp_path)) == [
        ["Low", "", "", "", ""],
        ["0", "0", "1", "0", "1"],
        ["1", "0", "0", "0", "0"],
        ["Missing", "0", "1", "1", "2"],
        ["Total", "0", "2", "1", "3"],
    ]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"head": SHIFT.replace(", total: Total", "")}, "must have the parts 0, 1, missing, total"),
        ({"adlb": ADLB + "    P2 | 0 | | Y"}, "T1.s: 1 subject(s) have two records where one is meant"),
        ({"adlb": ADLB + "    P3 | 4 | | Y"}, "T1.s: ATOXGRL is '4', which is no level of this shift"),
    ],
)
def test_a_shift_that_would_lose_a_subject_is_refused(tmp_path, change, refusal):
    with pytest.raises((SpecError, SpecErrors)) as caught:
        shift(tmp_path, **change)
    assert refusal in str(caught.value)


RULES = """\
  dlt: {count: {DLTFL: Y}, from: ADSL, show: n, label: DLT}
  rule:
    decision: dlt
    label: Decision
    rules:
      - {when: {n: {ge: 2}}, text: Stop}
      - {when: {n: 0, N: {ge: 3}}, text: Escalate}
"""


@pytest.mark.parametrize(
    ("events", "people", "text"), [(2, 3, "Stop"), (0, 3, "Escalate"), (0, 2, ""), (1, 3, "")]
)
def test_a_decision_is_the_first_rule_that_holds_and_the_total_has_none(tmp_path, events, people, text):
    drawn = "\n".join(f"P{n} | Y | A | {'Y' if n < events else 'N'}" for n in range(people))
    adsl = table(f"USUBJID | SAFFL | TRT01A | DLTFL\n{drawn}")
    head = "columns: {by: TRT01A, levels: [A], total: Total}\n"
    found = make(tmp_path, HEAD + head + "rows:\n" + RULES, ADSL=adsl)
    assert lines(found)[1] == ["Decision", text, ""]


@pytest.mark.parametrize(
    ("rows", "refusal"),
    [
        ("  d: {decision: dlt, rules: []}\n", "no count row called 'dlt' above this one"),
        (RULES.replace("{n: 0,", "{m: 0,"), "no variable called m in the dataset it reads; n and N are"),
        ("  t: {nested: A, minimum: ten}\n", "minimum must be a number"),
        ("  c: {count: all, having: {from: ADAE}}\n", "where is needed here"),
        (
            "  g: {for_each: {A: a}, rows: {x: {for_each: {B: b}, count: all}}}\n",
            "no key called 'for_each' here",
        ),
        ("  g: {for_each: {A: a}, label: X, rows: {x: {count: all}}}\n", "no key called 'label' here"),
    ],
)
def test_faults_of_the_safety_words_say_what_was_meant(tmp_path, rows, refusal):
    with pytest.raises(SpecErrors) as caught:
        read(tmp_path, HEAD + "rows:\n" + rows)
    assert refusal in str(caught.value)


def test_table_2_stands_before_table_10(tmp_path):
    for number in (10, 2, 1):
        text = HEAD.replace("T1", f"T{number}") + "rows: {a: {count: all}}\n"
        folder = write(tmp_path, text, f"t_{number}.yml")
    assert list(read_displays(folder, study_of("study: MINI\n"))) == ["T1", "T2", "T10"]


def test_worst_needs_a_number(tmp_path):
    with pytest.raises(SpecError, match="AEDECOD is not a number"):
        made(tmp_path, "  a: {count: all, worst: AEDECOD}\n")


def test_several_rows_stand_once_for_each_key_and_keys_are_filled_in_too(tmp_path):
    rows = """
  g:
    for_each: {AESER: Serious, AEGRPID: Linked}
    rows:
      h: {heading: "{label}"}
      c: {count: {"{row}": {missing: false}}, label: "{label} n"}
      p: {count: {"{row}": Y}, of: "g.{row}.c", label: Yes}
"""
    adae = "USUBJID | AESER | AEGRPID\nP1 | Y | G\nP2 | N |"
    found = made(tmp_path, rows, "records: {from: ADAE}\n", adae)
    assert lines(found) == [
        ["Serious", ""],
        ["Serious n", "2 (66.7)"],
        ["Yes", "1 (50.0)"],
        ["Linked", ""],
        ["Linked n", "1 (33.3)"],
        ["Yes", "0"],
    ]
    assert set(found.results["analysis"]) - {"columns"} == {
        "g.AESER.c",
        "g.AESER.p",
        "g.AEGRPID.c",
        "g.AEGRPID.p",
    }


def test_a_number_at_every_visit(tmp_path):
    """D 0: 10 and 20, mean 15, SD sqrt(50) = 7.07; nobody came on D 7; D 9 is not listed."""
    advs = table("USUBJID | AVISIT | AVAL\nP1 | D 0 | 10\nP3 | D 0 | 20\nP1 | D 9 | 99")
    one = HEAD + "formats: {continuous: {x: '{n}; {mean:+1} ({sd:+2})'}}\nrecords: {from: ADVS}\n"
    row = "rows: {v: {visits: AVAL, levels: [D 0, D 7], label: Weight}}\n"
    assert lines(make(tmp_path, one + row, ADSL=table(ADSL), ADVS=advs)) == [
        ["Weight", ""],
        ["D 0", "2; 15.0 (7.07)"],
        ["D 7", "0"],
    ]
    two = one.replace("{x: '{n}; {mean:+1} ({sd:+2})'}", "{n: '{n}', Mean: '{mean:+1}'}")
    assert lines(make(tmp_path, two + row, ADSL=table(ADSL), ADVS=advs))[1:5] == [
        ["D 0", ""],
        ["n", "2"],
        ["Mean", "15.0"],
        ["D 7", ""],
    ]


def test_a_statistic_of_nobody_is_one_dash(tmp_path):
    form = "formats: {continuous: {M: '{median:+1} ({min:+0}; {max:+0})'}}"
    text = HEAD + f"rows:\n  o: {{continuous: AGE, {form}}}\n"
    adsl = table("USUBJID | SAFFL | AGE\nP1 | Y |")
    assert lines(make(tmp_path, text, ADSL=adsl)) == [["M", "-"]]


@pytest.mark.parametrize(("length", "kept"), [(31, True), (32, False)])
def test_a_block_that_fits_on_a_page_is_not_torn(tmp_path, length, kept):
    """A heading and its indented lines keep together up to 31 lines; the last line of all keeps its end."""
    inner = "".join(f"  a{n}: {{count: all, label: L{n}, indent: 1}}\n" for n in range(length - 1))
    text = HEAD + "rows:\n  h: {heading: Block}\n" + inner + "  z: {count: all, label: End}\n"
    rtf = make(tmp_path, text, ADSL=table(ADSL)).files["t_1.rtf"].decode()
    rows = [row for row in rtf.split("\\trowd")[1:] if " L" in row or "End" in row]
    ties = ["\\keepn" in row for row in rows if "(N=" not in row]
    assert ties == [kept] * (length - 2) + [False, True]
