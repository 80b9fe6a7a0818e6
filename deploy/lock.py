"""`make lock`: writes all requirements, exact versions with hashes, from pyproject.toml.

Versions stay as they are; `make lock ARGS_LOCK=--upgrade` takes the newest. What a package is for is said in
pyproject.toml, behind its name, and copied.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
DECLARED = ROOT / "pyproject.toml"

# Each file holds the packages of those before it, in the same versions.
TITLES = {
    "requirements.txt": "What running needs: the core with the extras report and sandbox",
    "deploy/requirements.txt": "What a server needs: the core with all extras",
    "requirements-dev.txt": "What tests, bench and documentation need: all extras, and tools",
    "docs/requirements.txt": "What Read the Docs installs: what the build of the documentation needs, and no more",
}
LISTS = {
    "requirements.txt": ("dependencies", "data", "report", "sandbox"),
    "deploy/requirements.txt": ("redis", "scrapyd"),
    "requirements-dev.txt": ("test", "lint", "docs", "lock"),
    "docs/requirements.txt": ("dependencies", "data", "report", "sandbox", "docs"),
}
OPTIONS = {
    "requirements.txt": ["--extra=report", "--extra=sandbox"],
    "deploy/requirements.txt": ["--extra=all", "--constraints=requirements.txt"],
    "requirements-dev.txt": ["--extra=all", "--group=dev", "--constraints=deploy/requirements.txt"],
    "docs/requirements.txt": [
        "--extra=report",
        "--extra=sandbox",
        "--group=docs",
        "--constraints=requirements-dev.txt",
    ],
}
_UNIVERSAL = ["--universal", "--fork-strategy=fewest", "--python-version=3.11"]
_QUIET = ["--quiet", "--generate-hashes", "--no-header", "--no-annotate"]


def purposes(section: str) -> list[tuple[str, str]]:
    """The packages that a list of pyproject.toml names, each with what it is for."""
    text = DECLARED.read_text(encoding="utf-8").partition("\n[tool.")[0]
    (block,) = re.findall(rf"^{section} = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    named = re.findall(r'^    "(?!sc-spiders)([\w.-]+)[^"]*",(?:  # (.*))?$', block, re.MULTILINE)
    if silent := [name for name, purpose in named if not purpose]:
        sys.exit(f"pyproject.toml: {section}: say in a comment what {silent[0]} is for")
    return named


def header(name: str) -> str:
    """The comment at the top of that file."""
    lines = [f"{TITLES[name]}.", "Made by `make lock` from pyproject.toml, which is the file to change.", ""]
    lines += [f"{package:<20} {purpose}" for section in LISTS[name] for package, purpose in purposes(section)]
    return "".join(f"# {line}".rstrip() + "\n" for line in lines)


def lock(name: str, arguments: list[str]) -> None:
    """Write the file of that name."""
    made = ["uv", "pip", "compile", DECLARED.name, f"--output-file={name}", *OPTIONS[name], *_UNIVERSAL, *_QUIET]
    done = subprocess.run([sys.executable, "-m", *made, *arguments], cwd=ROOT, check=False)  # noqa: S603 - our own words
    if done.returncode:
        sys.exit(f"{name} was not written")
    file = ROOT / name
    file.write_text(f"{header(name)}\n{file.read_text(encoding='utf-8')}", encoding="utf-8")


if __name__ == "__main__":
    for name in TITLES:
        lock(name, sys.argv[1:])
