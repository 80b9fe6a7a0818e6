"""Readers of other people's libraries.

Each library is imported when it is first used. Together they take a second, and most processes of the tests need few.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


def graph(path: str | Path) -> Any:
    """The graph in a file of GraphML or GEXF, as networkx reads it."""
    import networkx as nx  # type: ignore[import-untyped]

    readers = {".graphml": nx.read_graphml, ".gexf": nx.read_gexf}
    return readers[Path(path).suffix](path)


def parquet(path: str | Path) -> Any:
    """The table in a file or folder of Parquet, as pyarrow reads it."""
    from pyarrow.parquet import read_table  # type: ignore[import-untyped]

    return read_table(path)


def workbook(path: str | Path) -> Any:
    """The workbook in a file of Excel, as openpyxl reads it."""
    import openpyxl  # type: ignore[import-untyped]

    return openpyxl.load_workbook(path)
