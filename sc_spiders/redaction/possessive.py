"""Makes a repeated group of a regular expression possessive, if this Python can do that.

Python before 3.11.5 matches such a group wrongly if it has alternatives (https://github.com/python/cpython/issues/106052),
and would leave credentials in a text. In these versions the group is an ordinary one: correct, but slow for some texts.
"""

from __future__ import annotations

import sys

__all__ = ["ONCE"]

_FIRST_RIGHT = (3, 11, 5)

ONCE = "+" if sys.version_info >= _FIRST_RIGHT else ""
"""Stands after the quantifier of a group."""
