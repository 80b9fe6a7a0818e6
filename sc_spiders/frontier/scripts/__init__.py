"""Lua scripts: the atomic steps of a shared crawl in Redis."""

from importlib.resources import files


def source(name: str) -> str:
    """The source of that script, after the functions that all scripts share."""
    folder = files(__name__)
    return "\n".join((folder / f"{part}.lua").read_text(encoding="utf-8") for part in ("common", name))
