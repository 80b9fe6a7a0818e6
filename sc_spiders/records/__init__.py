"""API objects -> records: decoding, projection, validation, redaction, drift. Knows nothing of Scrapy."""

from sc_spiders.errors import BadBody
from sc_spiders.redaction.values import dumps, redact, strip

from .answer import Ambiguous, decode_answer
from .convert import iso_date
from .decode import decode
from .kinds import Kind, add_drift, drift, kind, kind_of, new_drift, notice, reset_drift
from .schemas import APIS, FIELDS, KINDS, schema
from .validate import Rejected, check, fitting, without_odd

__all__ = [
    "APIS",
    "FIELDS",
    "KINDS",
    "Ambiguous",
    "BadBody",
    "Kind",
    "Rejected",
    "add_drift",
    "check",
    "decode",
    "decode_answer",
    "drift",
    "dumps",
    "fitting",
    "iso_date",
    "kind",
    "kind_of",
    "new_drift",
    "notice",
    "redact",
    "reset_drift",
    "schema",
    "strip",
    "without_odd",
]
