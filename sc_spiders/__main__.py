"""`sc-spiders` and `python -m sc_spiders`: the project's commands, in any folder."""

from __future__ import annotations

import os
import sys

from scrapy.cmdline import execute


def main() -> None:
    """Run the command of sys.argv, as `scrapy` does within the project. Ends the process with its exit code."""
    # A scrapy.cfg may be of another project, or there may be none.
    os.environ.setdefault("SCRAPY_SETTINGS_MODULE", "sc_spiders.settings")
    execute(["sc-spiders", *sys.argv[1:]])


if __name__ == "__main__":
    main()
