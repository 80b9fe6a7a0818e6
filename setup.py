"""`scrapyd-deploy` builds the egg with this; what goes into it stands in pyproject.toml."""

from setuptools import setup

setup()
