"""Define-XML 2.1 with analysis results: the document, its check by the official schemas, its page.

Source: Define-XML 2.1, Analysis Results Metadata 1.0; rule F.5.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from submission.define_model import Define

if TYPE_CHECKING:
    from lxml import etree

SHEET = "define2-1.xsl"
TEMPLATE = "define.xml.j2"


def define_xml(define: Define) -> bytes:
    """The document, UTF-8; the same for the same `define`."""
    return _template().render(define=define).encode()


@cache
def _template() -> object:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("submission", "templates")
    return Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    ).get_template(TEMPLATE)


def style_sheet() -> bytes:
    """The style sheet that shows a define.xml, as Lex Jansen publishes it (MIT)."""
    return files("submission").joinpath("templates", SHEET).read_bytes()


def parse_xml(content: bytes) -> etree._Element:
    """The root of an XML document; entities are not followed and nothing is fetched.

    Raises: lxml.etree.XMLSyntaxError.
    """
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    return etree.fromstring(content, parser)


@cache
def _schema() -> etree.XMLSchema:
    from lxml import etree
    from odmlib import schema_manager

    return etree.XMLSchema(etree.parse(str(schema_manager.get_schema_path("arm", "1.0-define2.1"))))


def schema_faults(root: etree._Element) -> list[tuple[int, str]]:
    """Line and message of everything the schemas of Define-XML 2.1 with ARM 1.0 refuse."""
    schema = _schema()
    if schema.validate(root):
        return []
    return [(error.line, error.message) for error in schema.error_log]


@cache
def _sheet() -> etree.XSLT:
    from lxml import etree

    closed = etree.XSLTAccessControl(read_network=False, write_network=False, write_file=False)
    return etree.XSLT(parse_xml(style_sheet()), access_control=closed)


def define_html(content: bytes) -> bytes:
    """The document as one page with nothing from outside: browsers no longer apply style sheets."""
    return bytes(_sheet()(parse_xml(content)))
