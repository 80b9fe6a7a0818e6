"""`scrapy genspider`: makes a new spider from the project's own template."""

import keyword
import re
from pathlib import Path
from typing import Any

from scrapy.exceptions import UsageError

from sc_spiders.engine import GenspiderCommand
from sc_spiders.errors import typed

_TEMPLATES = Path(__file__).parents[1] / "templates" / "spiders"

# Subject -> the endpoint that the new spider walks, for its author to replace.
_FIRST = {"user": "followings", "track": "track_likers", "playlist": "playlist_likers"}


class Command(GenspiderCommand):
    """Scrapy's own command, with a subject in the place of the domain."""

    @property
    def templates_dir(self) -> str:
        return str(_TEMPLATES)

    def syntax(self) -> str:
        return f"[options] <name> <{'|'.join(_FIRST)}>"

    def short_desc(self) -> str:
        return "Make a new spider of this project"

    def run(self, args: list[str], opts: Any) -> None:
        if not (opts.list or opts.dump) and (len(args) != 2 or args[1] not in _FIRST or not _is_name(args[0])):
            raise UsageError(
                f"genspider takes a name (a-z, 0-9, _; no Python keyword) and a subject: {', '.join(_FIRST)}",
                print_help=False,
            )
        assert self.settings
        if _is_installed(self.settings["NEWSPIDER_MODULE"]):
            raise UsageError(
                "this project is installed as a package here, and the next update would remove your spider. Work in a "
                f"clone; or run the spider of any file: {typed.command()} runspider FILE.py",
                print_help=False,
            )
        super().run(args, opts)

    def variables(self, url: str) -> dict[str, str]:
        subject = url.rpartition("/")[2]
        return {"subject": subject, "endpoint": _FIRST[subject]}


def _is_installed(module: str) -> bool:
    """Whether new spiders would go into an installed package of ours, and not into a clone or another project."""
    is_clone = (Path(__file__).parents[2] / "scrapy.cfg").is_file()
    return module == "sc_spiders.spiders" and not is_clone


def _is_name(text: str) -> bool:
    return re.fullmatch("[a-z][a-z0-9_]*", text) is not None and not keyword.iskeyword(text) and text != "sc_spiders"
