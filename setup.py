"""What pyproject.toml cannot say: the folder `schemas/` is a part of the package. `scrapyd-deploy` runs this, too."""

from setuptools import find_namespace_packages, setup

setup(
    packages=[*find_namespace_packages(include=["sc_spiders*"]), "sc_spiders.schemas"],
    package_dir={"sc_spiders.schemas": "schemas"},
)
