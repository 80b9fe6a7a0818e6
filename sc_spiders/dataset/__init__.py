"""Reads data sets from any mix of output folders and files, every record once. Does not import Scrapy."""

from sc_spiders.errors import EndlessInput, InputError, MissingLibrary, OutputRefused

from .atomic import replacing
from .completeness import Completeness
from .dataset import Dataset, read
from .rejected import Rejected
from .sources import default_output, find_files, joint_output

__all__ = [
    "Completeness",
    "Dataset",
    "EndlessInput",
    "InputError",
    "MissingLibrary",
    "OutputRefused",
    "Rejected",
    "default_output",
    "find_files",
    "joint_output",
    "read",
    "replacing",
]
