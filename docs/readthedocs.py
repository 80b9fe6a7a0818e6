"""`make readthedocs`: builds the documentation as Read the Docs does, step by step, from what is committed.

A fresh clone, a fresh virtual environment, the packages that `.readthedocs.yaml` names, and Read the Docs' own command.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[1]
CONFIGURATION = ROOT / ".readthedocs.yaml"


def build_command(output: Path, doctrees: str | Path = "_build/doctrees") -> list[str]:
    """The command that Read the Docs runs in the folder of conf.py, after `python`."""
    strict = ["-W", "--keep-going"] if _configuration()["sphinx"]["fail_on_warning"] else []
    return ["-m", "sphinx", "-T", *strict, "-b", "html", "-d", str(doctrees), "-D", "language=en", ".", str(output)]


def install_commands() -> list[list[str]]:
    """The commands before it, after `python`."""
    install = ["-m", "pip", "install"]
    files = [step["requirements"] for step in _configuration()["python"]["install"]]
    return [
        [*install, "--upgrade", "--no-cache-dir", "pip", "setuptools"],
        [*install, "--upgrade", "--no-cache-dir", "sphinx"],
        *([*install, "--exists-action=w", "--no-cache-dir", "-r", file] for file in files),
    ]


def _configuration() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))
    return found


def main() -> None:
    with TemporaryDirectory() as work:
        clone, environment, output = Path(work, "clone"), Path(work, "env"), Path(work, "html")
        _run(["git", "clone", "--quiet", "--depth", "1", f"file://{ROOT}", clone], Path(work))
        _run([sys.executable, "-m", "virtualenv", "--quiet", environment], clone)
        python = environment / "bin" / "python"
        for command in install_commands():
            _run([python, *command, "--quiet"], clone)
        folder = clone / Path(_configuration()["sphinx"]["configuration"]).parent
        _run([python, *build_command(output)], folder)
        print(f"{len(list(output.rglob('*.html')))} pages")


def _run(command: list[str | Path], folder: Path) -> None:
    print("$", *command, flush=True)
    if code := subprocess.run(command, cwd=folder, check=False).returncode:  # noqa: S603 - our own words
        sys.exit(code)


if __name__ == "__main__":
    main()
