"""ODM-XML 1.3 as raw rows: study design B.4; ODM 1.3.2, sections 2.7 (keys), 3.1.4.1 (transactions)."""

from __future__ import annotations

import pytest

from clinical.errors import InputError
from edc.odm.read import read_odm
from tests.edc.odm_files import DATA, group, item, page, read, subject, written
from tests.tables import assert_table

VS = "FO.VS"


def frame(file, form=VS):
    return file.collected(form).frame


def notes(file):
    return [(message, words.get("key", words.get("item"))) for message, words in file.notes]


def test_a_page_is_a_row_for_each_item_group_with_its_coordinates(tmp_path):
    """The group without repeat key is position 0, log lines have their keys; SE. and LOC. are cut off."""
    lines = "".join(
        group(item("POS", code), f'ItemGroupRepeatKey="{number}"', "IG.VS.LOG")
        for number, code in ((1, "1"), (2, "2"))
    )
    found = frame(read(tmp_path, subject(page(group(item("DAT", "2024-03")) + lines, repeat="3"))))
    where = found[["project", "Subject", "SiteNumber", "Folder", "FolderName", "FolderSeq"]]
    assert where.drop_duplicates().to_numpy().tolist() == [
        ["RD1302", "01-001", "01", "SCR", "Screening", "1"]
    ]
    assert_table(
        found,
        """
        InstanceRepeatNumber | PageRepeatNumber | RecordPosition | RecordActive | DAT     | POS      | POS_STD
        0                    | 3                | 0              | 1            | 2024-03 |          |
        0                    | 3                | 1              | 1            |         | Sitting  | 1
        0                    | 3                | 2              | 1            |         | Standing | 2
        """,
    )


def test_items_that_nobody_has_are_columns_all_the_same(tmp_path):
    found = frame(read(tmp_path, ""))
    assert {"DAT", "WEIGHT", "WEIGHT_UNIT", "POS", "POS_STD"} <= set(found)
    assert len(found) == 0


def test_a_unit_is_that_of_the_item_by_its_symbol_or_name(tmp_path):
    def weighed(unit, repeat):
        reference = f'<MeasurementUnitRef MeasurementUnitOID="{unit}"/>'
        inside = f'<ItemData ItemOID="IT.VS.WEIGHT" Value="70">{reference}</ItemData>'
        return page(group(inside), repeat=repeat)

    pages = weighed("MU.KG", "0") + weighed("MU.LB", "1") + weighed("MU.ST", "2")
    found = frame(read(tmp_path, subject(pages)))
    assert found["WEIGHT_UNIT"].tolist() == ["kg", "LB", "ST"]
    assert found["WEIGHT"].tolist() == ["70"] * 3


def test_a_code_has_the_text_of_the_metadata_version_its_data_name(tmp_path):
    """Version 2 includes version 1 and defines the code list anew, as a whole: 2 has no text there."""
    second = (
        '<MetaDataVersion OID="2" Name="second"><Include StudyOID="RD1302" MetaDataVersionOID="1"/>'
        '<CodeList OID="CL.POS" Name="POS" DataType="text"><CodeListItem CodedValue="1"><Decode>'
        "<TranslatedText>SITTING UPRIGHT</TranslatedText></Decode></CodeListItem></CodeList>"
        "</MetaDataVersion>"
    )
    sat, stood = (group(item("POS", code), oid="IG.VS.LOG") for code in "12")
    pages = page(sat) + page(stood, repeat="1")
    found = frame(read(tmp_path, subject(pages) + subject(pages, key="01-002", version="2"), more=second))
    assert found["POS"].fillna("-").tolist() == ["Sitting", "Standing", "SITTING UPRIGHT", "-"]
    assert found["POS_STD"].tolist() == ["1", "2", "1", "2"]


def test_times_of_the_audit_trail_are_the_first_and_last_of_the_row_in_utc(tmp_path):
    """An item's own record counts for its row; a row without one has that of the page."""

    def audit(text):
        return (
            '<AuditRecord><UserRef UserOID="U"/><LocationRef LocationOID="LOC.01"/>'
            f"<DateTimeStamp>{text}</DateTimeStamp></AuditRecord>"
        )

    inside = f'<ItemData ItemOID="IT.VS.DAT" Value="2024">{audit("2024-03-05T00:30:00+08:00")}</ItemData>'
    own = group(audit("2024-03-03T10:00:00Z") + inside)
    bare = group(item("WEIGHT", "70"), 'ItemGroupRepeatKey="1"', "IG.VS.LOG")
    found = frame(read(tmp_path, subject(page(audit("2024-03-01T08:00:00+00:00") + own + bare))))
    assert found["MinCreated"].tolist() == ["2024-03-03T10:00:00Z", "2024-03-01T08:00:00Z"]
    assert found["MaxUpdated"].tolist() == ["2024-03-04T16:30:00Z", "2024-03-01T08:00:00Z"]


def test_blanks_line_ends_and_empty_values_are_as_in_csv(tmp_path):
    texts = [" a&#13;&#10;b ", "", "  "]
    pages = "".join(page(group(item("DAT", text)), repeat=str(n)) for n, text in enumerate(texts))
    found = frame(read(tmp_path, subject(pages)))
    assert found["DAT"].fillna("-").tolist() == ["a\nb", "-", "-"]


def test_a_removed_group_of_a_snapshot_is_an_inactive_row_with_its_values(tmp_path):
    """B.4, B-DIRT-7; what removes the page removes its groups."""
    gone = group(item("DAT", "2024"), 'TransactionType="Remove"')
    whole = page(group(item("DAT", "2023")), 'TransactionType="Remove"', repeat="1")
    found = frame(read(tmp_path, subject(page(gone) + whole + page(group(item("DAT", "2022")), repeat="2"))))
    assert found[["DAT", "RecordActive"]].to_numpy().tolist() == [["2024", "0"], ["2023", "0"], ["2022", "1"]]


def test_a_repeated_page_of_a_snapshot_stays_twice_for_what_judges_repeats(tmp_path):
    found = frame(
        read(tmp_path, subject(page(group(item("DAT", "2024"))) + page(group(item("DAT", "2023")))))
    )
    assert found["DAT"].tolist() == ["2024", "2023"]


def test_an_environment_stands_in_parentheses_after_the_study(tmp_path):
    found = frame(read(tmp_path, subject(page(group()), study="RD1302(UAT)") + subject(page(group()))))
    named = found[["project", "environment"]].fillna("-").to_numpy().tolist()
    assert named == [["RD1302", "UAT"], ["RD1302", "-"]]


def test_typed_items_are_read_and_a_mixture_is_noted(tmp_path):
    typed = '<ItemDataPartialDate ItemOID="IT.VS.DAT">2024-03</ItemDataPartialDate>'
    file = read(tmp_path, subject(page(group(typed))))
    assert file.notes == []
    assert frame(file)["DAT"].tolist() == ["2024-03"]
    mixed = read(tmp_path, subject(page(group(typed + item("WEIGHT", "70")))))
    assert notes(mixed) == [("raw.odm-mixed", None)]
    assert frame(mixed)["WEIGHT"].tolist() == ["70"]


def test_extensions_of_vendors_prefixes_and_reference_data_are_passed_over(tmp_path):
    query = '<mdsol:Query QueryStatus="Open"><mdsol:ItemData ItemOID="IT.VS.DAT" Value="1"/></mdsol:Query>'
    dated = item("DAT", "2024", 'mdsol:Verify="No"')
    data = subject(page(group(query + dated, 'mdsol:Submission="x"')), 'mdsol:SubjectName="another"')
    nobodys = group(item("DAT", "1999"))
    reference = f'<ReferenceData StudyOID="RD1302" MetaDataVersionOID="1">{nobodys}</ReferenceData>'
    path = written(tmp_path, reference + data)
    text = path.read_text("utf-8")
    for old, new in (
        ("<", "<o:"),
        ("<o:/", "</o:"),
        ("<o:?", "<?"),
        ("o:mdsol", "mdsol"),
        ("xmlns=", "xmlns:o="),
    ):
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    found = frame(read_odm(path, "odm.xml"))
    assert found[["Subject", "DAT"]].to_numpy().tolist() == [["01-001", "2024"]]


def test_a_subject_whose_key_is_a_technical_one_has_the_number_the_vendor_names(tmp_path):
    named = 'mdsol:SubjectKeyType="SubjectUUID" mdsol:SubjectName="01-007"'
    assert frame(read(tmp_path, subject(page(group()), named, key="a0e1")))["Subject"].tolist() == ["01-007"]


def test_an_item_that_the_form_does_not_list_is_left_out_and_noted(tmp_path):
    collected = read(tmp_path, subject(page(group(item("OLD", "1") + item("DAT", "2024"))))).collected(VS)
    assert collected.notes == [("raw.odm-item-unknown", {"file": "odm.xml", "item": "IT.VS.OLD"})]
    assert "OLD" not in collected.frame


def test_a_form_that_is_not_there_is_refused_alone(tmp_path):
    file = read(tmp_path, subject(page(group())))
    with pytest.raises(InputError, match=r"^odm.xml: no form FO.AE is defined or has data$"):
        file.collected("FO.AE")
    assert len(frame(file)) == 1


# -- transactions --------------------------------------------------------------------------------------------

INSERT = 'TransactionType="Insert"'
UPDATE = 'TransactionType="Update"'
REMOVE = 'TransactionType="Remove"'
CONTEXT = 'TransactionType="Context"'


def night(folder, *steps):
    """Transactions on the group VS of page 0, in order."""
    data = "".join(subject(page(each, CONTEXT), CONTEXT) for each in steps)
    return read(folder, data, kind="Transactional")


def test_an_update_changes_what_it_names_and_leaves_the_rest(tmp_path):
    first = group(item("DAT", "2024-03-01") + item("WEIGHT", "70"), INSERT)
    found = frame(night(tmp_path, first, group(item("WEIGHT", "71"), UPDATE)))
    assert found[["DAT", "WEIGHT"]].to_numpy().tolist() == [["2024-03-01", "71"]]


@pytest.mark.parametrize(
    ("second", "left"),
    [
        ("", "70"),
        (item("WEIGHT", None, 'IsNull="Yes"'), "-"),
        (item("WEIGHT", ""), "-"),
        (item("WEIGHT", None, REMOVE), "-"),
    ],
    ids=["absent", "null", "empty", "removed"],
)
def test_absent_leaves_a_value_and_null_empty_and_removed_clear_it(tmp_path, second, left):
    first = group(item("WEIGHT", "70"), INSERT)
    assert frame(night(tmp_path, first, group(second, UPDATE)))["WEIGHT"].fillna("-").tolist() == [left]


def test_upsert_does_either(tmp_path):
    upsert = 'TransactionType="Upsert"'
    file = night(tmp_path, group(item("WEIGHT", "70"), upsert), group(item("WEIGHT", "71"), upsert))
    assert (frame(file)["WEIGHT"].tolist(), file.notes) == (["71"], [])


def test_what_is_removed_is_inactive_and_may_be_inserted_again(tmp_path):
    steps = group(item("WEIGHT", "70"), INSERT), group("", REMOVE), group(item("DAT", "2024"), INSERT)
    file = night(tmp_path, *steps)
    assert file.notes == []
    found = frame(file)[["WEIGHT", "DAT", "RecordActive"]].fillna("-").to_numpy().tolist()
    assert found == [["70", "-", "0"], ["-", "2024", "1"]]


def test_a_removed_subject_takes_all_its_pages_along_and_nobody_elses(tmp_path):
    def inserted(key):
        return subject(page(group(item("DAT", "2024"))), INSERT, key=key)

    removed = f'<SubjectData SubjectKey="01-001" {REMOVE}/>'
    gone = f'<ClinicalData StudyOID="RD1302" MetaDataVersionOID="1">{removed}</ClinicalData>'
    file = read(tmp_path, inserted("01-001") + inserted("01-0010") + gone, kind="Transactional")
    assert frame(file)[["Subject", "RecordActive"]].to_numpy().tolist() == [["01-001", "0"], ["01-0010", "1"]]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (group("", REMOVE), [("raw.odm-absent", "01-001 SE.SCR FO.VS[0] IG.VS")]),
        (group(item("DAT", "2024"), UPDATE), [("raw.odm-absent", "01-001 SE.SCR FO.VS[0] IG.VS")]),
        (
            group(item("DAT", None, REMOVE), INSERT),
            [("raw.odm-absent", "01-001 SE.SCR FO.VS[0] IG.VS IT.VS.DAT")],
        ),
    ],
    ids=["remove", "update", "item"],
)
def test_what_is_not_there_cannot_be_removed_or_updated(tmp_path, step, said):
    file = night(tmp_path, step)
    assert notes(file) == said


def test_a_second_insert_is_reported_and_taken_as_an_update(tmp_path):
    file = night(tmp_path, group(item("DAT", "2024"), INSERT), group(item("WEIGHT", "70"), INSERT))
    assert notes(file) == [("raw.odm-insert-twice", "01-001 SE.SCR FO.VS[0] IG.VS")]
    assert frame(file)[["DAT", "WEIGHT"]].to_numpy().tolist() == [["2024", "70"]]


def test_a_transactional_file_without_a_transaction_is_reported_and_taken_as_upsert(tmp_path):
    file = read(tmp_path, subject(page(group(item("DAT", "2024")))), kind="Transactional")
    assert notes(file) == [("raw.odm-no-transaction", "01-001")]
    assert frame(file)["DAT"].tolist() == ["2024"]


def test_the_sentence_about_a_removal_names_file_line_and_key(tmp_path):
    from clinical.errors import sentence

    ((message, words),) = night(tmp_path, group("", REMOVE)).notes
    assert sentence(message, **words) == (
        f"odm.xml line {DATA}: Remove of 01-001 SE.SCR FO.VS[0] IG.VS, which is not there"
    )


# -- files that are refused ----------------------------------------------------------------------------------


def refused(path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(InputError) as fault:
        read_odm(path, "odm.xml")
    return str(fault.value)


def test_a_truncated_file_is_refused_wherever_it_ends(tmp_path):
    path = written(tmp_path, subject(page(group(item("DAT", "2024")))))
    whole = path.read_bytes()
    in_a_name = whole.rindex(b"IT.VS.DAT") + 3
    for end in (len(whole) - 3, len(whole) - 40, in_a_name):
        assert refused(path, whole[:end]).endswith(": the XML ends here, in the middle")


def test_a_character_cut_in_the_middle_is_a_truncated_file(tmp_path):
    path = written(tmp_path, subject(page(group(item("DAT", "坐")))))
    whole = path.read_bytes()
    assert "the XML ends here" in refused(path, whole[: whole.rindex("坐".encode()) + 1])


def test_bytes_of_another_encoding_are_named_with_their_line(tmp_path):
    path = written(tmp_path, subject(page(group(item("DAT", "é")))))
    whole = path.read_bytes().replace("é".encode(), b"\xe9")
    assert refused(path, whole) == (
        f"odm.xml:{DATA}: the bytes are not in the encoding that the file names (without a name UTF-8)"
    )
    assert "the bytes are not in the encoding" in refused(path, whole.replace(b"UTF-8", b"KOI-99", 1))


@pytest.mark.parametrize(
    ("encoding", "text"), [("ISO-8859-1", "é"), ("GB18030", "发热"), ("UTF-16", "é"), ("cp1252", "–")]
)
def test_a_file_in_the_encoding_it_names_is_read(tmp_path, encoding, text):
    path = written(tmp_path, subject(page(group(item("DAT", text)))))
    whole = path.read_text("utf-8").replace("UTF-8", encoding).replace("坐", "")
    path.write_bytes(whole.encode(encoding))
    assert frame(read_odm(path, "odm.xml"))["DAT"].tolist() == [text]


def test_a_file_that_is_not_in_its_own_wide_encoding_is_refused(tmp_path):
    path = written(tmp_path, subject(page(group(item("DAT", "x")))))
    whole = (
        path.read_bytes().replace("坐".encode(), b"").replace(b"UTF-8", b"GB18030").replace(b"x", b"\xff", 1)
    )
    assert "the bytes are not in the encoding" in refused(path, whole)


def test_broken_xml_is_named_with_line_and_reason(tmp_path):
    path = written(tmp_path, subject(page(group('<ItemData ItemOID="IT.VS.DAT" Value="a < b"/>'))))
    said = f"odm.xml:{DATA}: no well-formed XML: not well-formed (invalid token)"
    assert refused(path, path.read_bytes()) == said


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE ODM [<!ENTITY a "b">]>',
        '<!DOCTYPE ODM SYSTEM "passwd.txt">',
        '<!DOCTYPE ODM [<!ENTITY x SYSTEM "passwd.txt">]>',
    ],
)
def test_document_types_and_entities_are_refused(tmp_path, doctype):
    path = written(tmp_path, subject(page(group())))
    data = path.read_text("utf-8").replace("?>\n", f"?>\n{doctype}\n", 1)
    said = "odm.xml:2: a document type or an entity is declared; such files are refused"
    assert refused(path, data.encode()) == said


def test_another_xml_or_a_newer_odm_is_refused_by_its_root(tmp_path):
    path = tmp_path / "odm.xml"
    assert refused(path, b"<html/>") == "odm.xml:1: the root element is html, not that of ODM 1.3"
    newer = b'<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0"/>'
    assert refused(path, newer) == (
        "odm.xml:1: the root element is http://www.cdisc.org/ns/odm/v2.0 ODM, not that of ODM 1.3"
    )
    assert refused(path, b"") == "odm.xml:1: the XML ends here, in the middle"


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"^odm.xml: the file is not in the extract$"):
        read_odm(tmp_path / "odm.xml", "odm.xml")
