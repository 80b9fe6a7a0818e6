"""Checks deploy/Dockerfile and compose.yaml as far as possible without Docker."""

import ast
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import yaml  # type: ignore[import-untyped]

from .server import ROOT

DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()


def copied(image: Path) -> list[Path]:
    """Copies into this folder what COPY copies into the image."""
    files = []
    for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE):
        *names, target = line.split()
        assert target.endswith("/")
        folder = image / target.lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            files.append(folder / Path(name).name)
            files[-1].write_bytes((ROOT / name).read_bytes())
    return files


def normal(name: str) -> str:
    return name.lower().replace("_", "-")


def requirements(file: Path) -> set[str]:
    """The packages that pip would install from it. Fails if an included file is missing."""
    names: set[str] = set()
    for line in file.read_text().splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith(("-r ", "--requirement ")):
            names |= requirements(file.parent / line.split()[1])
        elif line:
            names.add(normal(re.split("[=<>~! ]", line)[0]))
    return names


# Our own packages, those that Scrapy installs, and those that only the type checker sees.
_THEIRS = {"sc_spiders", "schemas", "twisted", "w3lib", "_typeshed"}


# The same, and a package that is in the standard library from Python 3.14 on.
_GIVEN = frozenset({"sc_spiders", "schemas", "twisted", "w3lib", "_typeshed", "compression"})


def test_the_image_can_be_built_and_has_what_the_egg_imports(tmp_path: Path) -> None:
    copied(tmp_path)
    (script,) = re.findall(r"^RUN (sed .*) \\$", DOCKERFILE, re.MULTILINE)
    subprocess.run(script.replace("/opt/", f"{tmp_path}/opt/"), shell=True, check=True)
    (installed,) = re.findall(r"pip install .*--requirement (\S+)", DOCKERFILE)
    names = requirements(tmp_path / installed.lstrip("/"))
    assert "scrapyd" in names
    assert not {"pytest", "sphinx", "selenium"} & names

    of_modules = packages_distributions()
    for file in (ROOT / "sc_spiders").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            found = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            found += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for module in {name.partition(".")[0] for name in found}:
                own = module in sys.stdlib_module_names or module in _GIVEN
                assert own or set(map(normal, of_modules[module])) & names, (file, module)


def test_what_starts_in_it_is_there(tmp_path: Path) -> None:
    (entry,) = re.findall(r'^ENTRYPOINT \["python", "(.+)"\]$', DOCKERFILE, re.MULTILINE)
    assert tmp_path / entry.lstrip("/") in copied(tmp_path)


def test_redis_gets_none_of_the_credentials() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert services["redis"]["env_file"] != services["scrapyd"]["env_file"]
    ignored = (ROOT / ".gitignore").read_text()
    assert "deploy/*environment" in ignored
