"""Exports data sets in the formats of other tools.

Each format has a module with a function `export(data, path)`, which returns lines for people, and raises InputError,
OSError and duckdb.Error. A format's library is imported only by its module, and only when the format is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from sc_spiders.dataset import Dataset, replacing


@dataclass(frozen=True, slots=True)
class Format:
    """`suffix`: of the result, a file or folder. `files`: if it is a folder, the suffix of the files in it."""

    name: str
    suffix: str
    description: str
    files: str | None = None

    def write(self, data: Dataset, path: Path, **options: Any) -> list[str]:
        """Writes `data` to `path`, which appears when it is whole. Returns lines with the next steps.

        `options`: those of the format's function. Raises OutputRefused, MissingLibrary, InputError, OSError.
        """
        module = import_module(f"{__name__}.{self.name}")
        with replacing(path, self.files) as new:
            told: list[str] = module.export(data, new, **options)
        if hasattr(module, "BESIDE"):
            with replacing(path.with_suffix(module.BESIDE)) as new:
                new.write_text(module.beside(data, path), encoding="utf-8")
        return told


FORMATS = {
    one.name: one
    for one in (
        Format("graphml", ".graphml", "GraphML: NetworkX, igraph, Gephi, yEd"),
        Format("gexf", ".gexf", "GEXF 1.2: Gephi, NetworkX"),
        Format("parquet", ".parquet", "Parquet, one file per kind: pandas, Polars, DuckDB, Spark", ".parquet"),
        Format("sqlite", ".sqlite", "SQLite: one table per kind, one view per relation"),
        Format("duckdb", ".duckdb", "DuckDB: one table per kind, one view per relation"),
        Format("neo4j", ".neo4j", "CSV for neo4j-admin database import", ".csv"),
        Format("csv", ".csv", "CSV, one file per kind", ".csv"),
        Format("xlsx", ".xlsx", "Excel, one sheet per kind"),
    )
}
"""All formats by name."""
