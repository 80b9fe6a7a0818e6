"""What `bench.exports` compares exports with: DuckDB alone, doing the same as plainly as it can be written.

`python -m bench.plain FORMAT FOLDER OUTPUT`. Reads `FOLDER`/<kind>.jsonl, keeps each thing once, the one fetched last,
and writes all kinds in that format. `FOLDER`/columns.json has the columns and their types.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb

KEYS = {"edge": "relation, source, target", "user": "urn"}
# As the export makes them.
SQLITE = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -65536;
.mode csv
.import --skip 1 edge.csv edge
.import --skip 1 user.csv user
CREATE UNIQUE INDEX edge_key ON edge (source, relation, target);
CREATE INDEX edge_target ON edge (target, relation);
CREATE VIRTUAL TABLE user_fts USING fts5(username, full_name, content=user);
INSERT INTO user_fts(user_fts) VALUES ('rebuild');
"""


def main(form: str, folder: Path, output: Path) -> None:
    db = duckdb.connect(
        config={"memory_limit": "400MB", "threads": 2, "temp_directory": str(output.parent / "spilled")}
    )
    columns = json.loads((folder / "columns.json").read_text())
    for kind, key in KEYS.items():
        types = ", ".join(f"{name}: '{type_}'" for name, type_ in columns[kind].items())
        files = f"read_json('{folder}/**/{kind}.jsonl', format = 'newline_delimited', columns = {{{types}}})"
        newest = f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY fetched_at DESC) = 1"
        db.execute(f"CREATE VIEW {kind} AS FROM {files} {newest}")
    if form == "duckdb":
        db.execute(f"ATTACH '{output}' AS export")
        for kind in KEYS:
            db.execute(f"CREATE TABLE export.{kind} AS FROM {kind}")
    elif form == "merge":
        with output.open("wb") as merged:
            for kind in KEYS:
                part = output.with_name(kind)
                db.execute(f"COPY {kind} TO '{part}' (FORMAT json)")
                merged.write(part.read_bytes())
    else:
        output.mkdir()
        for kind in KEYS:
            suffix = "parquet, COMPRESSION zstd" if form == "parquet" else "csv"
            db.execute(f"COPY {kind} TO '{output / kind}.{suffix.partition(',')[0]}' (FORMAT {suffix})")
    db.close()
    if form == "sqlite":
        _import(output, columns)


def _import(output: Path, columns: dict[str, dict[str, str]]) -> None:
    """Imports the CSV files by the command `sqlite3`."""
    declared = [
        f"CREATE TABLE edge ({', '.join(columns['edge'])});",
        f"CREATE TABLE user ({', '.join(columns['user'])});",
    ]
    script = "\n".join([*declared, SQLITE])
    subprocess.run(
        ["sqlite3", "out.sqlite"], input=script, text=True, cwd=output, check=True, stdout=subprocess.DEVNULL
    )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
