"""`scrapy genspider`: a new spider of this project, from the project's own template."""

from typing import Any

from scrapy.commands.genspider import Command as GenspiderCommand
from scrapy.exceptions import UsageError

# What the new spider walks until it is told otherwise.
_FIRST = {"user": "followings", "track": "track_likers", "playlist": "playlist_likers"}


class Command(GenspiderCommand):
    """Scrapy's own command, for which a spider is about a subject and not about a domain."""

    def syntax(self) -> str:
        return f"[options] <name> <{'|'.join(_FIRST)}>"

    def short_desc(self) -> str:
        return "Make a new spider of this project"

    def run(self, args: list[str], opts: Any) -> None:
        if not (opts.list or opts.dump) and (len(args) != 2 or args[1] not in _FIRST or not args[0].isidentifier()):
            raise UsageError(
                f"genspider takes a name (letters, digits, _) and what it is about: {', '.join(_FIRST)}",
                print_help=False,
            )
        super().run(args, opts)

    def _generate_template_variables(self, module: str, name: str, url: str, template_name: str) -> dict[str, Any]:
        subject = url.rpartition("/")[2]
        variables = super()._generate_template_variables(module, name, url, template_name)
        return {**variables, "subject": subject, "endpoint": _FIRST[subject]}
