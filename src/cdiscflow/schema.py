"""The JSON Schema of specs, from the tables that the reader uses: an editor completes and underlines with it.

It knows shapes, keys, words and arguments; what names mean is for `cdiscflow check`.
"""

from __future__ import annotations

from clinical.form_fields import FIELD_KEYS, TYPES, ZONES
from clinical.forms import COORDINATES, FORM_KEYS, READ_KEYS
from clinical.spec import DATASET_KEYS, DATASET_NAME, KEEP_KEYS, LISTED, PART_KEYS
from clinical.where import COMPARATORS, NAME
from clinical.words import COMMON, NEEDED, WORDS

Schema = dict[str, object]

TEXT: Schema = {"type": ["string", "number", "boolean"]}
TEXTS: Schema = {"anyOf": [TEXT, {"type": "array", "items": TEXT, "minItems": 1}]}
NAMED: Schema = {"type": "string", "pattern": f"^{NAME}$"}
NAMES: Schema = {"anyOf": [NAMED, {"type": "array", "items": NAMED, "minItems": 1}]}
TRUE_OR_FALSE: Schema = {"enum": [True, False, "true", "false"]}
REASON: Schema = {
    "type": "object",
    "properties": {"drop": TEXT},
    "required": ["drop"],
    "additionalProperties": False,
}


def spec_schema() -> Schema:
    """The schema: a file is a dataset, a raw form or a study's settings; each is a definition of its own."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Specs of cdiscflow: dataset files, raw forms, study.yml",
        "anyOf": [_ref("dataset"), _ref("form"), _ref("study")],
        "$defs": {
            "dataset": _dataset(),
            "form": _form(),
            "study": _study(),
            "condition": {"anyOf": [_ref("tests"), {"type": "array", "items": _ref("tests"), "minItems": 1}]},
            "tests": {"type": "object", "additionalProperties": _right_side(), "minProperties": 1},
            "column": _object({"column": NAMED}, ["column"]),
            "source": _object({"of": NAMED, "where": _ref("condition")}, ["of"]),
            "words": {
                "type": "object",
                "additionalProperties": {"anyOf": [_ref("word"), REASON, _refinement()]},
            },
            "word": {"anyOf": [NAMED, *(_ref(f"word_{word}") for word in WORDS)]},
            **{f"word_{word}": _word(word) for word in WORDS},
            "part": {"anyOf": [_part(kind) for kind in PART_KEYS]},
            "line": _line(("take", "set", "where")),
            "table_line": _line(("take", "set")),
        },
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _object(properties: dict[str, Schema], required: list[str] | None = None) -> Schema:
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": required} if required else found


def _kind(kind: str) -> Schema:
    """The shape of an argument, by the kind that words.py gives it."""
    known: dict[str, Schema] = {
        "name": NAMED,
        "column": NAMED,
        "names": NAMES,
        "text": TEXT,
        "texts": TEXTS,
        "template": TEXT,
        "expression": TEXT,
        "int": {"type": ["integer", "string"], "pattern": r"^\d{1,2}$"},
        "condition": _ref("condition"),
        "where": _ref("condition"),
        "lines": {"type": "array", "items": _ref("word"), "minItems": 1},
        "sources": {"anyOf": [NAMED, _ref("source"), _list({"anyOf": [NAMED, _ref("source")]})]},
        "match": {"type": "object", "additionalProperties": NAMED, "minProperties": 1},
        "reads": {"type": "object", "additionalProperties": TEXTS},
        "true|false": TRUE_OR_FALSE,
    }
    return known.get(kind) or {"enum": kind.split("|")}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items, "minItems": 1}


def _word(word: str) -> Schema:
    kind, arguments = WORDS[word]
    given = {name: _kind(each) for name, each in {**arguments, **COMMON}.items()}
    return _object({word: _kind(kind), **given}, [word, *NEEDED.get(word, ())])


def _refinement() -> Schema:
    """Arguments without a word: they refine the word of the base."""
    arguments = {name for _, given in WORDS.values() for name in given}
    return _object({name: {} for name in sorted({*arguments, *COMMON})})


def _right_side() -> Schema:
    tests = {op: TRUE_OR_FALSE if op == "missing" else {"anyOf": [*TEXTS["anyOf"], _ref("column")]}
             for op in COMPARATORS}  # fmt: skip
    return {"anyOf": [*TEXTS["anyOf"], _ref("column"), {**_object(tests), "minProperties": 1}]}


def _line(keys: tuple[str, ...]) -> Schema:
    shapes = {
        "take": {"type": "object", "additionalProperties": _ref("word")},
        "set": {"type": "object", "additionalProperties": TEXT},
        "where": _ref("condition"),
    }
    return _object({key: shapes[key] for key in keys})


def _part(kind: str) -> Schema:
    listed: Schema = {"type": "string", "pattern": f"^({LISTED.pattern})$"}
    shapes = {
        "from": {"type": "string"},
        "where": _ref("condition"),
        "keep": _object(dict.fromkeys(KEEP_KEYS, TEXTS)),
        "each": {"anyOf": [listed, _list(_ref("line"))]},
        "table": {"anyOf": [listed, _list(_ref("table_line"))]},
        "program": TEXT,
        "reads": _kind("reads"),
        "variables": _ref("words"),
        "rule": TEXT,
    }
    return _object({key: shapes[key] for key in PART_KEYS[kind]})


def _dataset() -> Schema:
    union = _object(
        {"union": {"type": "object", "additionalProperties": {"anyOf": [_ref("part"), REASON]}}}, ["union"]
    )
    shapes: dict[str, Schema] = {
        "dataset": {"type": "string", "pattern": f"^{DATASET_NAME.pattern}$"},
        "extends": {"type": "string"},
        "scope": {"enum": ["subject", "study"]},
        "keys": _list({"type": "string"}),
        "rows": {"anyOf": [_ref("part"), union]},
        "variables": _ref("words"),
        "supp": _ref("words"),
        "parameters": {"type": "object"},
        "note": TEXT,
        "label": TEXT,
    }
    keys = _object({key: shapes[key] for key in DATASET_KEYS})
    some = [{"required": ["dataset"]}, {"required": ["variables"]}]
    return {**keys, "anyOf": some, "title": "A dataset, or a base of several that names none"}


def _form() -> Schema:
    shapes: dict[str, Schema] = {
        "form": {"type": "string"},
        "label": TEXT,
        "read": _object({key: _ref("condition") if key == "where" else TEXT for key in READ_KEYS}),
        "subject": TEXT,
        "per": {"enum": ["subject"]},
        "record": TEXTS,
        "coordinates": _object(dict.fromkeys(COORDINATES, TEXT)),
        "duplicates": _object({"keep": _object({"first": TEXT, "last": TEXT}), "by": TEXTS}),
        "dates": TEXTS,
        "not_submitted": TEXT,
        "fields": {"type": "object", "additionalProperties": _field(), "minProperties": 1},
        "note": TEXT,
    }
    known = {key: shapes.get(key, {}) for key in FORM_KEYS}
    return {**_object(known, ["form", "read", "fields"]), "title": "A raw form"}


def _field() -> Schema:
    shapes: dict[str, Schema] = {
        "type": {"enum": list(TYPES)},
        "codes": {"type": ["object", "array"]},
        "required": {"anyOf": [TRUE_OR_FALSE, _ref("condition")]},
        "zone": {"enum": list(ZONES)},
    }
    return _object({key: shapes.get(key, TEXT) for key in FIELD_KEYS})


def _study() -> Schema:
    """A study names its settings itself, so only what the product reads has a shape."""
    subject = {"shape": TEXT, "usubjid": TEXT, "rescreened": {"type": "object"}, "shown": {"type": "object"}}
    shapes = {"study": TEXT, "title": TEXT, "site_tz": TEXT, "data_cut": TEXT, "subject": _object(subject)}
    return {"title": "study.yml", "type": "object", "properties": shapes, "required": ["study"],
            "not": {"anyOf": [{"required": ["dataset"]}, {"required": ["form"]}]}}  # fmt: skip
