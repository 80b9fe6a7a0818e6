"""Lua scripts: the atomic steps of a shared crawl in Redis."""

from importlib.resources import files


def source(*names: str) -> str:
    """The source of these scripts, one after the other, after the functions that all scripts share."""
    folder = files(__name__)
    return "\n".join((folder / f"{name}.lua").read_text(encoding="utf-8") for name in ("common", *names))
