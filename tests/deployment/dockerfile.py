"""Reads deploy/Dockerfile."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from .server import ROOT

DOCKERFILE = ROOT / "deploy" / "Dockerfile"

Instruction = tuple[str, str]


def stages() -> dict[str, list[Instruction]]:
    """The instructions of each image, by its name, with those of the image that it begins with."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    found: dict[str, list[Instruction]] = {}
    for line in filter(None, text.splitlines()):
        name, _, rest = line.partition(" ")
        if name == "FROM":
            base, _, stage = rest.partition(" AS ")
            found[stage] = list(found.get(base, []))
        else:
            found[stage].append((name, " ".join(rest.split())))
    return found


STAGES = stages()


def values(stage: str, name: str) -> list[str]:
    return [value for instruction, value in STAGES[stage] if instruction == name]


def context(folder: Path) -> Path:
    """Fill the folder with the files that `docker build` reads: those that .dockerignore names after a `!`."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert rules[0] == "*", "all is ignored but what is named"
    for name in (rule.removeprefix("!") for rule in rules if rule.startswith("!")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


def copied(stage: str, image: Path, source: Path) -> None:
    """Carry out the COPY instructions of a stage: from the folder `source` to the folder `image`."""
    for value in values(stage, "COPY"):
        *names, target = value.split()
        if names[0].startswith("--from="):
            continue
        assert target.endswith("/")
        folder = image / target.lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            if (source / name).is_dir():
                shutil.copytree(source / name, folder, dirs_exist_ok=True)
            else:
                shutil.copy(source / name, folder)
