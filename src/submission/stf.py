"""The study tagging file: every file of the study's sections with its tag [F.7, TRC-1735, TRC-1789].

Its form follows ICH's study tagging file, version 2.6.1 (`ectd:study`, `study-document`, `doc-content`); the
numbers of leaves that an eCTD backbone gives are not there, a file is named by its path.
"""

from __future__ import annotations

from collections.abc import Iterable

from submission.define_write import parse_xml
from submission.layout import Places

ECTD, XLINK = "http://www.ich.org/ectd", "http://www.w3.org/1999/xlink"
OWNER = "us"


def stf_xml(study: str, title: str, places: Places, files: Iterable[str]) -> bytes:
    """The tagging file of these files, in alphabetical order; the tagging file itself is not among them."""
    from lxml import etree

    root = etree.Element(
        f"{{{ECTD}}}study", nsmap={"ectd": ECTD, "xlink": XLINK}, attrib={"dtd-version": "2.2"}
    )
    about = etree.SubElement(root, "study-identifier")
    etree.SubElement(about, "title").text = title
    etree.SubElement(about, "study-id").text = study
    documents = etree.SubElement(root, "study-document")
    for path in sorted(files):
        content = etree.SubElement(documents, "doc-content", attrib={f"{{{XLINK}}}href": path})
        tag = places.tag(path)
        if tag:
            etree.SubElement(content, "file-tag", attrib={"name": tag, "info-type": OWNER})
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def read_stf(content: bytes) -> dict[str, list[str]]:
    """The tags of each file that a tagging file names.

    Raises: lxml.etree.XMLSyntaxError.
    """
    root = parse_xml(content)
    return {
        one.get(f"{{{XLINK}}}href", ""): [tag.get("name", "") for tag in one.findall("file-tag")]
        for one in root.iter("doc-content")
    }
