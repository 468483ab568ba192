"""What is wrong with a define.xml by itself: schema, references, what the schema does not ask for [F-1]."""

from __future__ import annotations

from collections.abc import Iterator

from clinical.xpt_layout import LABEL_BYTES
from submission.define_read import DEFS, DefineFile, ItemDef, Ref
from submission.define_write import schema_faults
from submission.tree import Fault, Tree, fault

WITH_LENGTH = ("text", "integer", "float")
MOST = 20
REFERENCES = {
    "ItemOID": "ItemDef", "CodeListOID": "CodeList", "MethodOID": "MethodDef", "ValueListOID": "ValueListDef",
    "WhereClauseOID": "WhereClauseDef", "CommentOID": "CommentDef", "StandardOID": "Standard",
    "leafID": "leaf", "ArchiveLocationID": "leaf", "ItemGroupOID": "ItemGroupDef", "ParameterOID": "ItemDef",
}  # fmt: skip
OWN = {"ItemOID", "CommentOID", "StandardOID", "ArchiveLocationID"}  # also as attributes of the def namespace


def check_define(tree: Tree, define: DefineFile) -> Iterator[Fault]:
    """Everything that one document is by itself."""
    if define.problem:
        kind = "gate.define-entities" if define.entities else "gate.define-unreadable"
        yield fault(kind, define.file, problem=define.problem)
        return
    if define.version == "2.1":
        for line, message in schema_faults(define.root)[:MOST]:
            yield fault("gate.define-schema", define.file, line=line, problem=message)
    else:
        yield fault("gate.define-version", define.file, version=define.version)
    yield from _dangling(define)
    yield from _standards(define)
    for group in define.groups:
        if not group.label:
            yield fault("gate.define-description", define.file, group.name, oid=group.oid)
        if not any(ref.key for ref in group.refs):
            yield fault("gate.no-keys", define.file, group.name)
        for ref in group.refs:
            item = define.items.get(ref.item)
            if item is not None:
                yield from _item(define, group.name, ref, item)
    yield from _values(define)
    yield from _leaves(tree, define)


def _dangling(define: DefineFile) -> Iterator[Fault]:
    """References to what is not there: the schema lets them pass."""
    spaces = {"def": DEFS[0] if define.version == "2.1" else DEFS[1]}
    there: dict[str, set[str]] = {name: set() for name in REFERENCES.values()}
    asked: dict[tuple[str, str], None] = {}
    names = {f"{{{spaces['def']}}}{name}": name for name in OWN}
    for one in define.root.iter():
        if not isinstance(one.tag, str):
            continue
        kind = one.tag.rpartition("}")[2]
        if kind in there:
            there[kind].add(one.get("OID") or one.get("ID") or "")
        for key, value in one.attrib.items():
            name = names.get(key, key)
            if name in REFERENCES:
                asked[name, value] = None
    for name, value in asked:
        if value not in there[REFERENCES[name]]:
            yield fault("gate.define-oid", define.file, name=name, oid=value, kind=REFERENCES[name])


def _standards(define: DefineFile) -> Iterator[Fault]:
    if define.version != "2.1":
        return
    kinds = {kind for _, kind, _ in define.standards}
    for kind in ("IG", "CT"):
        if kind not in kinds:
            yield fault("gate.define-standard", define.file, kind=kind)


def _item(define: DefineFile, dataset: str, ref: Ref, item: ItemDef) -> Iterator[Fault]:
    at = (define.file, dataset, item.name)
    if not item.label:
        yield fault("gate.define-description", *at, oid=item.oid)
    if len(item.label) > LABEL_BYTES:
        yield fault("gate.define-label", *at, length=len(item.label), limit=LABEL_BYTES)
    if item.data_type in WITH_LENGTH and not item.length:
        yield fault("gate.define-length", *at, oid=item.oid)
    if not item.origins and not item.values:
        yield fault("gate.define-origin", *at, oid=item.oid)
    for origin in item.origins:
        if origin.type == "Derived" and not ref.method and not _has_value_methods(define, item):
            yield fault("gate.define-method", *at, oid=item.oid)
        if origin.type == "Predecessor" and not origin.text:
            yield fault("gate.define-predecessor", *at, oid=item.oid)


def _has_value_methods(define: DefineFile, item: ItemDef) -> bool:
    return any(ref.method for ref in define.value_lists.get(item.values, ()))


def _values(define: DefineFile) -> Iterator[Fault]:
    """What value-level items lack."""
    for oid, refs in define.value_lists.items():
        for ref in refs:
            item = define.items.get(ref.item)
            if item is None:
                continue
            if not ref.where:
                yield fault("gate.define-where", define.file, variable=item.name, oid=oid)
            if item.data_type in WITH_LENGTH and not item.length:
                yield fault("gate.define-length", define.file, variable=item.name, oid=item.oid)
            if not item.origins and define.version == "2.1":
                yield fault("gate.define-origin", define.file, variable=item.name, oid=item.oid)


def _leaves(tree: Tree, define: DefineFile) -> Iterator[Fault]:
    """Files that the document names, and datasets beside it that it does not name."""
    folder = define.file.rpartition("/")[0]
    for href in dict.fromkeys([*define.leaves.values(), *(group.href for group in define.groups)]):
        if not href or "://" in href or href.startswith("/"):
            if href:
                yield fault("gate.define-href", define.file, href=href)
            continue
        file = _resolved(folder, href.partition("#")[0])
        if not tree.has(file):
            yield fault("gate.define-leaf", define.file, href=href)
    named = {_resolved(folder, group.href) for group in define.groups if group.href}
    layer = next(layer for layer, one in tree.defines.items() if one is define)
    for part in tree.parts[layer]:
        if part.file not in named:
            yield fault("gate.define-orphan", part.file, part.name)
    for group in define.groups:
        if group.has_data and not group.href:
            yield fault("gate.define-leaf", define.file, href=f"{group.name.lower()}.xpt")


def _resolved(folder: str, href: str) -> str:
    parts = folder.split("/") if folder else []
    for part in href.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts = [*parts, part]
    return "/".join(parts)
