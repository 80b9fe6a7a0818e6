"""API objects -> records: decoding, projection, validation, redaction, drift. Knows nothing of Scrapy."""

from sc_spiders.errors import Ambiguous, BadBody
from sc_spiders.redaction.values import dumps, redact, strip

from .answer import decode_answer
from .convert import iso_date
from .decode import decode
from .drift import Drift
from .kinds import Kind, kind, kind_of
from .opt_out import OptOut
from .people import People
from .pseudonyms import Pseudonyms
from .schemas import APIS, FIELDS, ITEM, KINDS, schema
from .validate import Rejected, check, fitting, without_odd

__all__ = [
    "APIS",
    "FIELDS",
    "ITEM",
    "KINDS",
    "Ambiguous",
    "BadBody",
    "Drift",
    "Kind",
    "OptOut",
    "People",
    "Pseudonyms",
    "Rejected",
    "check",
    "decode",
    "decode_answer",
    "dumps",
    "fitting",
    "iso_date",
    "kind",
    "kind_of",
    "redact",
    "schema",
    "strip",
    "without_odd",
]
