"""The command `sc-spiders`: verbs, addresses and options for all that the spiders and the project's commands can do."""

from .program import main

__all__ = ["main"]
