"""Makes the same records with stock jmespath and jsonschema. Our fast code must agree with it."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

import jmespath
import jsonschema
from jsonschema import validators

from sc_spiders import records
from sc_spiders.errors import Unfit
from sc_spiders.records.convert import CONVERSIONS, identity, pair
from sc_spiders.records.readable import readable

Row = dict[str, Any]

_expression = cache(jmespath.compile)


# In a record, 1.0 is not an integer.
_Validator = validators.extend(jsonschema.Draft7Validator, type_checker=jsonschema.Draft4Validator.TYPE_CHECKER)


@cache
def _validator(kind: str) -> jsonschema.Draft7Validator:
    validator: jsonschema.Draft7Validator = _Validator(records.schema(kind))
    return validator


def row_of(kind: str, api: str, o: Row, fetched_at: str, subject: str | None = None) -> Row:
    """The row of one object, valid or not. Raises Unfit."""
    declared = records.schema(kind)
    row: Row = {}
    for name, field in declared["properties"].items():
        value = None
        if source := field.get("source", {}).get(api):
            value = _expression(source).search(o)
        elif field.get("subject"):
            value = subject
        if value is not None and "convert" in field:
            value = CONVERSIONS[field["convert"]].convert(value)
        row[name] = value
    row |= {"fetched_at": fetched_at, "api": api, "kind": kind}
    if kinds := declared.get("kinds"):
        given = o.get("kind", kind)
        row["kind"] = kind if given in kinds else given
    if "partial" in row:
        row["partial"] = declared["full"][api] not in o
    return _paired(kind, row)


def _paired(kind: str, row: Row) -> Row:
    for name, field in records.schema(kind)["properties"].items():
        if "pair" in field:
            number = field["pair"]["id"]
            made = identity if number == "id" else pair
            row[number], row[name] = made(row[number], row[name], field["pair"]["prefix"])
    return row


def _read(kind: str, row: Row, fields: set[str]) -> Row:
    """The row, with odd spellings of values converted."""
    properties = records.schema(kind)["properties"]
    return _paired(
        kind, {name: readable(value, properties[name]) if name in fields else value for name, value in row.items()}
    )


def project(kind: str, api: str, objects: list[Any], fetched_at: str) -> tuple[list[Row], list[tuple[Any, list[str]]]]:
    """The rows, and the refused objects with their bad fields."""
    rows, refused = [], []
    for o in objects:
        if not isinstance(o, dict):
            refused.append((o, [""]))
            continue
        try:
            row = row_of(kind, api, o, fetched_at)
        except Unfit as error:
            refused.append((o, [error.field]))
            continue
        faults = [".".join(map(str, error.absolute_path)) for error in _validator(kind).iter_errors(row)]
        read = row
        if faults:
            with suppress(Unfit):
                read = _read(kind, row, {fault.partition(".")[0] for fault in faults})
        if faults and not _validator(kind).is_valid(read):
            refused.append((o, faults))
        else:
            rows.append(read)
    return rows, refused
