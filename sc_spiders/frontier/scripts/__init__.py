"""The steps of a shared crawl that Redis does in one go, as Lua."""

from importlib.resources import files


def source(name: str) -> str:
    """The script of that name, with what all of them share before it."""
    folder = files(__name__)
    return "\n".join((folder / f"{part}.lua").read_text(encoding="utf-8") for part in ("common", name))
