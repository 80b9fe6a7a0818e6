"""Programs of others that some tests need: those that npm brings, and curl.

Their tests are skipped where they are missing, also in CI: another's registry may be out of reach.
"""

from __future__ import annotations

ABSENT = "a program of others is not installed: make axe clients"
