"""`sc-spiders` and `python -m sc_spiders`, in any folder."""

from __future__ import annotations

import sys

from sc_spiders import tool


def main() -> None:
    """Run the command of sys.argv. Ends the process with its exit code."""
    tool.main(sys.argv[1:])


if __name__ == "__main__":
    main()
