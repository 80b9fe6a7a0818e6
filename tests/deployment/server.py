"""A Scrapyd for one test, in an empty folder. From the checkout it has only the egg."""

import os
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from configparser import RawConfigParser
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import requests

from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

T = TypeVar("T")


class Scrapyd:
    """Talks to a running Scrapyd. `folder` is the one it was started in."""

    def __init__(self, url: str, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.url = url
        self.folder = folder
        self.process = process
        self._session = requests.Session()
        self._session.trust_env = False

    def get(self, action: str, **params: str) -> dict[str, Any]:
        return self._answer(self._session.get(f"{self.url}/{action}.json", params=params, timeout=PATIENCE))

    def post(self, action: str, **form: Any) -> dict[str, Any]:
        return self._answer(self._session.post(f"{self.url}/{action}.json", data=form, timeout=PATIENCE))

    def fetch(self, path: str) -> str:
        response = self._session.get(self.url + path, timeout=PATIENCE)
        response.raise_for_status()
        return response.text

    def schedule(self, **arguments: Any) -> str:
        job = self.post("schedule", project="sc_spiders", spider="user_graph", **arguments)
        assert job["status"] == "ok", job
        return str(job["jobid"])

    def running(self, job: str) -> dict[str, Any]:
        """Wait until that job runs."""
        return self._job("running", job)

    def finished(self, job: str, times: int = 1) -> dict[str, Any]:
        """Wait until so many runs of that job have ended."""
        return self._job("finished", job, times)

    def log(self) -> str:
        """Scrapyd's own log."""
        return (self.folder / "scrapyd.log").read_text()

    def _job(self, state: str, job: str, times: int = 1) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            jobs = [one for one in self.get("listjobs", project="sc_spiders")[state] if one["id"] == job]
            return jobs[0] if len(jobs) >= times else None

        return wait_for(look, f"{job} {state}; Scrapyd says:\n{self.log()}")

    def close(self) -> None:
        self._session.close()

    @staticmethod
    def _answer(response: requests.Response) -> dict[str, Any]:
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer


def wait_for(look: Callable[[], T | None], what: str) -> T:
    """Repeat `look` until it returns something, and return that."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {PATIENCE} s for {what}, which did not come")


@contextmanager
def scrapyd(folder: Path, environment: dict[str, str], *under: str | Path) -> Iterator[Scrapyd]:
    """Scrapyd with deploy/scrapyd.conf, on a free port. `under`: a command that runs it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    config = RawConfigParser()
    config.read(ROOT / "deploy" / "scrapyd.conf")
    config["scrapyd"].update({"http_port": str(port), "poll_interval": "0.2"})
    with (folder / "scrapyd.conf").open("w") as file:
        config.write(file)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SC_", "SCRAPY", "PYTHONPATH"))}
    with (folder / "scrapyd.log").open("wb") as log:
        process = subprocess.Popen(
            [*under, BIN / "scrapyd"],
            cwd=folder,
            env={**kept, "HOME": str(folder), **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Scrapyd(f"http://127.0.0.1:{port}", folder, process)
    try:
        wait_for(lambda: _answers(port) or process.poll() is not None, "Scrapyd's port")
        assert process.poll() is None, server.log()
        yield server
    finally:
        server.close()
        process.terminate()
        process.wait(PATIENCE)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def sources(folder: Path, url: str) -> Path:
    """A copy of the egg's source, with Scrapyd's address in its scrapy.cfg."""
    for name in ("sc_spiders", "schemas"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.py", "pyproject.toml", "scrapy.cfg", "README.md", "LICENSE"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, folder)
    _give_target(folder, url)
    return folder


def _give_target(folder: Path, url: str) -> None:
    config = RawConfigParser()
    config.read(ROOT / "scrapy.cfg")
    config["deploy"]["url"] = f"{url}/"
    with (folder / "scrapy.cfg").open("w") as file:
        config.write(file)


def broken_egg(egg: Path, folder: Path, url: str) -> Path:
    """A copy of the egg that cannot be imported, in a folder with Scrapyd's address in its scrapy.cfg."""
    _give_target(folder, url)
    broken = folder / "broken.egg"
    with zipfile.ZipFile(egg) as good, zipfile.ZipFile(broken, "w") as bad:
        for name in good.namelist():
            if not name.startswith("sc_spiders/errors/__init__."):
                bad.writestr(name, good.read(name))
        bad.writestr("sc_spiders/errors/__init__.py", "import nowhere\n")
    return broken


def deploy(folder: Path, version: str, *options: str) -> subprocess.CompletedProcess[str]:
    """`scrapyd-deploy` in that folder."""
    return subprocess.run(
        [BIN / "scrapyd-deploy", "--version", version, *options],
        cwd=folder,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )
