"""The define.xml of a layer from the specs that built the data, and what the data hold [F.5].

Nothing is written twice: labels, order and core are the standard's, lengths and code lists those of the data,
origins and methods follow from the words (`origins`, `methods`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from clinical.ascii import Table
from clinical.spec import Dataset
from clinical.standards import Variable
from clinical.study import Study
from submission.codelists import CodeLists
from submission.define_model import (
    Comment,
    Define,
    Group,
    Item,
    ItemRef,
    Leaf,
    Method,
    Origin,
    Page,
    RangeCheck,
    Standard,
    ValueList,
    WhereClause,
)
from submission.methods import method_text, parameter_text, with_settings
from submission.origins import (
    ASSIGNED,
    COLLECTED,
    DERIVED,
    PREDECESSOR,
    SPONSOR,
    Field,
    Given,
    Origins,
    programs_of,
)
from submission.profile import FORMATS, Profile
from submission.values import structure_of, value_pairs

CRF = "LF.acrf"
Pages = Mapping[Field, tuple[int, ...]]
ENGINE = {"IDVAR", "IDVARVAL", "QNAM", "QLABEL", "QORIG", "QEVAL", "RDOMAIN"}


@dataclass
class Builder:
    """Makes the parts of one document; `pages` are those of the annotated CRF, by form and field."""

    study: Study
    layer: str
    origins: Origins
    pages: Pages
    programs: Mapping[str, str]
    codelists: CodeLists
    items: list[Item] = field(default_factory=list)
    value_lists: list[ValueList] = field(default_factory=list)
    where: dict[str, WhereClause] = field(default_factory=dict)
    methods: dict[tuple[str, str], Method] = field(default_factory=dict)
    comments: dict[str, Comment] = field(default_factory=dict)

    def group(self, profile: Profile) -> Group:
        """The dataset of a profile, with all its items."""
        name = profile.name
        dataset = self.study.datasets.get(name)
        parent = self.study.datasets.get(name.removeprefix("SUPP")) if dataset is None else None
        keys = {key: number for number, key in enumerate(
            (key for key in profile.keys if key in profile.content), start=1)}  # fmt: skip
        structure = structure_of(profile, self.study)
        refs = tuple(self._variable(profile, dataset, parent, one, keys) for one in profile.variables)
        note = str(dataset.raw.get("note", "")) if dataset else ""
        domain = (parent or dataset).name if self.layer == "sdtm" and (parent or dataset) else ""
        repeating = bool(set(keys) - {"STUDYID", "USUBJID", "DOMAIN"})
        reference = bool(dataset) and dataset.scope == "study" and structure.class_name == "TRIAL DESIGN"
        return Group(
            f"IG.{name}", name, profile.label, domain, repeating, reference,
            "Analysis" if self.layer == "adam" else "Tabulation",
            structure.text, structure.class_name, structure.subclass,
            structure.standard, refs, Leaf(f"LF.{name}", f"{name.lower()}.xpt", f"{name.lower()}.xpt"),
            self._comment(f"COM.{name}", note), profile.rows,
        )  # fmt: skip

    def _variable(
        self,
        profile: Profile,
        dataset: Dataset | None,
        parent: Dataset | None,
        variable: Variable,
        keys: Mapping[str, int],
    ) -> ItemRef:
        name, content = variable.name, profile.content[variable.name]
        oid = f"IT.{profile.name}.{name}"
        given = self._given(dataset, parent, profile, name)
        external = self.codelists.dictionary(name)
        if external:
            given = [_assigned(one) for one in given]
        codelist = external or self.codelists.of(dataset, profile, name, variable.codelist)
        values = self._value_list(profile, dataset, parent, variable)
        notes = dict.fromkeys(
            one.word.note for one in given if one.word and one.word.note and one.type != DERIVED
        )
        self.items.append(
            Item(
                oid,
                name,
                variable.label,
                content.data_type,
                content.length,
                content.digits,
                FORMATS.get(variable.type, ""),
                codelist,
                values,
                self._comment(f"COM.{profile.name}.{name}", " ".join(notes)),
                tuple(self._origins(given)),
            )
        )
        method = self._method(profile.name, name, dataset, given)
        required = variable.core == "Req" or (self.layer == "adam" and name in keys)
        mandatory = required and (content.filled == profile.rows or variable.core == "Req")
        known = self.study.standards.get("SUPP--" if parent else profile.name)
        standard = self.layer == "adam" or (known is not None and name in known.variables)
        return ItemRef(oid, mandatory, keys.get(name, 0), method, variable.role, "", standard)

    def _given(
        self, dataset: Dataset | None, parent: Dataset | None, profile: Profile, name: str
    ) -> list[Given]:
        if dataset is not None:
            if name not in dataset.columns() and name[-1:].isdigit() and name[:-1] in profile.content:
                name = name[:-1]  # TSVAL1 goes on with TSVAL
            return self.origins.of(dataset, name)
        if parent is not None and name not in ENGINE and name != "QVAL":
            return self.origins.of(parent, name)
        return [Given(ASSIGNED, SPONSOR, "", (), (), None, None)]

    def _origins(self, given: Iterable[Given]) -> Iterable[Origin]:
        """One origin for each type and source, with the pages of all its fields."""
        kinds: dict[tuple[str, str, str], set[int]] = {}
        for one in given:
            for source, fields in self.origins.by_source(one):
                pages = {page for each in fields for page in self.pages.get(each, ())}
                known = kinds.setdefault((one.type, source, one.predecessor), set())
                known.update(pages if one.type == COLLECTED else ())
        for (type_, source, predecessor), pages in kinds.items():
            page = Page(CRF, tuple(sorted(pages))) if pages else None
            yield Origin(type_, source, predecessor if type_ == PREDECESSOR else "", page)

    def _method(self, dataset: str, name: str, spec: Dataset | None, given: list[Given]) -> str:
        derived = [one for one in given if one.type == DERIVED]
        if not derived or spec is None:
            return self._stated_method(dataset, name, "", spec) if derived else ""
        return self._stated_method(dataset, name, method_text(self.origins.names, spec, name, derived), spec)

    def _stated_method(self, dataset: str, name: str, text: str, spec: Dataset | None) -> str:
        """The OID of a method with this text: one for all variables of a dataset that share it."""
        text = text or f"See the qualified record of {dataset.removeprefix('SUPP')}."
        words = [word for _, word in spec.statements(name)] if spec else []
        coded = any(word.word == "program" for word in words) or (not words and spec and programs_of(spec))
        leaf = self.programs.get(dataset, "") if coded else ""
        method = Method(f"MT.{dataset}.{name}", f"{dataset} {name}", self._plain(text), leaf)
        return self.methods.setdefault((dataset, text), method).oid

    def _comment(self, oid: str, text: str) -> str:
        if not text:
            return ""
        self.comments[oid] = Comment(oid, self._plain(text))
        return oid

    def _plain(self, text: str) -> str:
        """Text in the ASCII that agencies' tools read."""
        table: Table = self.study.transliteration
        for sign, plain in table.items():
            text = text.replace(sign, plain)
        return text.encode("ascii", "replace").decode()

    def _value_list(
        self, profile: Profile, dataset: Dataset | None, parent: Dataset | None, variable: Variable
    ) -> str:
        pair = next(
            (key for value, key in value_pairs(profile.name, self.layer) if value == variable.name), ""
        )
        within = profile.within.get((variable.name, pair), {})
        if not within:
            return ""
        refs = []
        for value, content in within.items():
            where = self._where(profile.name, pair, value)
            given = self._value_given(dataset, parent, variable.name, pair, value)
            oid = f"IT.{profile.name}.{variable.name}.{value}"
            self.items.append(
                Item(
                    oid,
                    variable.name if parent is None else value,
                    self._value_label(profile, parent, pair, value),
                    content.data_type,
                    content.length,
                    content.digits,
                    "",
                    "",
                    "",
                    "",
                    tuple(self._origins(given)),
                )
            )
            method = self._value_method(profile.name, dataset, parent, variable.name, value, given)
            refs.append(ItemRef(oid, False, 0, method, "", where))
        oid = f"VL.{profile.name}.{variable.name}"
        self.value_lists.append(ValueList(oid, tuple(refs)))
        return oid

    def _where(self, dataset: str, key: str, value: str) -> str:
        oid = f"WC.{dataset}.{key}.{value}"
        check = RangeCheck(f"IT.{dataset}.{key}", "EQ", (value,))
        self.where.setdefault(oid, WhereClause(oid, (check,)))
        return oid

    def _value_given(
        self, dataset: Dataset | None, parent: Dataset | None, variable: str, key: str, value: str
    ) -> list[Given]:
        """How one value comes about: the lines that set its code, else those that set none."""
        if parent is not None:
            stated = value if value in parent.supp else value.rstrip("0123456789")
            return self.origins.of(parent, stated)
        given = self.origins.of(dataset, variable)
        own = [one for one in given if dict(one.constants).get(key) == value]
        return own or [one for one in given if key not in dict(one.constants)] or given

    def _value_label(self, profile: Profile, parent: Dataset | None, key: str, value: str) -> str:
        if parent is not None:
            labels = profile.pairs.get(("QNAM", "QLABEL"), {})
            return labels.get(value, value)
        pairs = next((pairs for (code, _), pairs in profile.pairs.items() if code == key), {})
        return pairs.get(value, value)

    def _value_method(
        self,
        name: str,
        dataset: Dataset | None,
        parent: Dataset | None,
        variable: str,
        value: str,
        given: list[Given],
    ) -> str:
        if not any(one.type == DERIVED for one in given):
            return ""
        if parent is not None:
            text = method_text(self.origins.names, parent, value, given)
            return self._stated_method(name, value, text, None)
        rules = dataset.parameters.get(value) if dataset else None
        if rules is None:
            return ""  # as the variable's
        text = with_settings(self.study, parameter_text(rules, dataset.parameters.get("defaults")))
        return self._stated_method(name, value, text, dataset)


def _assigned(given: Given) -> Given:
    """A term of an external dictionary is assigned, whoever did the coding; its page stays on the CRF."""
    fields = given.fields if given.type == COLLECTED else ()
    return Given(ASSIGNED, SPONSOR, "", fields, given.constants, given.part, given.word)


def build_define(
    study: Study,
    layer: str,
    profiles: Iterable[Profile],
    *,
    created: str,
    version: str,
    pages: Pages,
    leaves: tuple[Leaf, ...],
    crf: str = "",
    documents: tuple[str, ...] = (),
    programs: Mapping[str, str],
    protocol: str = "",
) -> Define:
    """The document for the datasets of one layer; `programs` are leaves of programs by dataset."""
    builder = Builder(study, layer, Origins(study), pages, programs, CodeLists(study, layer))
    groups = tuple(builder.group(profile) for profile in profiles)
    title = f"{study.id} {'Analysis' if layer == 'adam' else 'Tabulation'} Data Definition"
    return Define(
        layer, study.id, title, str(study.config.get("title", study.id)), protocol or study.id, created,
        version, standards_of(study, layer), groups, tuple(builder.items), tuple(builder.value_lists),
        tuple(builder.where.values()), builder.codelists.made(), tuple(builder.methods.values()),
        tuple(builder.comments.values()), leaves, crf, documents,
    )  # fmt: skip


def standards_of(study: Study, layer: str) -> tuple[Standard, ...]:
    """The implementation guides and packages of terminology of a layer."""
    ct, dated = study.config.get("ct") or {}, study.terms.package_date
    packages = [
        Standard(f"STD.CT.{name.upper()}", "CDISC/NCI", "CT", str(ct.get(name) or dated(name)), shown)
        for name, shown in (("sdtm", "SDTM"), ("adam", "ADaM"))
        if name == "sdtm" or layer == "adam"
    ]
    if layer == "sdtm":
        return (Standard("STD.SDTMIG", "SDTMIG", "IG", str(study.config.get("sdtm_ig", "3.4"))), *packages)
    guides = (
        Standard("STD.ADAMIG", "ADaMIG", "IG", str(study.config.get("adam_ig", "1.3"))),
        Standard("STD.OCCDSIG", "ADaM-OCCDSIG", "IG", str(study.config.get("occds_ig", "1.1"))),
    )
    return (*guides, *packages)
