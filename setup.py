"""What pyproject.toml cannot say: the folder `schemas/` is a part of the package. `scrapyd-deploy` runs this, too."""

import compileall
from py_compile import PycInvalidationMode
from typing import Any

from setuptools import Command, find_namespace_packages, setup
from setuptools.command.bdist_egg import bdist_egg


class Egg(bdist_egg):
    """An egg with compiled modules beside their source.

    Python ignores `__pycache__` in an egg. Without them, each job would compile all modules.
    """

    def call_command(self, cmdname: str, **given: Any) -> Command:
        """Run one of the commands that build the egg. After `install_lib`, which copies the modules, compile them."""
        if cmdname != "install_lib":
            return super().call_command(cmdname, **given)
        command = super().call_command(cmdname, compile=False, **given)
        compileall.compile_dir(
            self.bdist_dir,
            stripdir=self.bdist_dir,
            legacy=True,
            quiet=1,
            # Nobody changes a file in an egg, and the times in it depend on the time zone.
            invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        )
        return command


setup(
    packages=[*find_namespace_packages(include=["sc_spiders*"]), "sc_spiders.schemas"],
    package_dir={"sc_spiders.schemas": "schemas"},
    cmdclass={"bdist_egg": Egg},
)
