"""Prints measured figures with their bounds, and writes them as JSON for the documentation."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

_VERDICTS = {True: "ok", False: "MISSED"}
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Figure:
    """`measured`: a ratio, unless `what` names a unit. `bound`: as text, empty without a bound."""

    what: str
    measured: float
    bound: str = ""
    ok: bool = True


def at_most(what: str, measured: float, bound: float) -> Figure:
    return Figure(what, measured, f"≤ {bound:.3g}", measured <= bound)


def at_least(what: str, measured: float, bound: float) -> Figure:
    return Figure(what, measured, f"≥ {bound:.3g}", measured >= bound)


def environment(*packages: str) -> dict[str, str]:
    """The machine, and the versions of Python and these packages."""
    return {
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        **{name: version(name) for name in packages},
    }


def tell(file: Path, around: dict[str, str], figures: list[Figure], **more: Any) -> None:
    """Prints the figures, and writes everything into that file. Raises OSError."""
    file.write_text(
        json.dumps({"environment": around, "figures": [asdict(one) for one in figures], **more}, indent=1) + "\n"
    )
    print(json.dumps(around, indent=1))
    for one in figures:
        verdict = ""
        if one.bound:
            verdict = f"{one.bound:<7} {_VERDICTS[one.ok]}"
        print(f"{one.what:<66} {one.measured:>9.2f}  {verdict}".rstrip())
