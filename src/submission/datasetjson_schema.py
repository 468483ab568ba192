"""The official schemas of Dataset-JSON 1.1, asked about the metadata alone: they do not look at rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

from jsonschema import Draft201909Validator
from jsonschema.exceptions import ValidationError

JSON, NDJSON = "dataset-json-1.1.schema.json", "dataset-ndjson-1.1.schema.json"
LONGEST = 200


def schema_problems(
    metadata: Mapping[str, object], lines: bool, strict: bool = True
) -> list[tuple[str, str]]:
    """Place and problem of what is wrong with the metadata of a file, read without its rows.

    Needs:   `lines` for NDJSON, whose own schema is asked too; it does not look at columns, so that of JSON
             is always asked. Without `strict`, attributes the schema does not know are let pass.
    Source:  DataExchange-DatasetJson, `schema/`.
    """
    found: dict[tuple[str, str], None] = {}
    for name in (JSON, NDJSON) if lines else (JSON,):
        for error in _validator(name).iter_errors(dict(metadata)):
            if strict or error.validator != "additionalProperties":
                found[_place(error), _problem(error)] = None
    return list(found)


@cache
def _validator(name: str) -> Draft201909Validator:
    schema = json.loads((resources.files("submission") / "schemas" / name).read_text("utf-8"))
    if name == NDJSON:
        # its top level refers to definitions that are not there; the one of the first line stands by itself
        schema = schema["$defs"]["DatasetMetadata"]
    return Draft201909Validator(schema)


def _place(error: ValidationError) -> str:
    return ".".join(str(part) for part in error.absolute_path) or "metadata"


def _problem(error: ValidationError) -> str:
    """The sentence of the validator, cut where a whole dataset would follow."""
    return error.message if len(error.message) <= LONGEST else f"{error.message[:LONGEST]}..."
