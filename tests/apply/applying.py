"""Runs `apply` against a sandbox, as its users do: a dry run, then what that has printed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawl, crawl

QUICK = {"SC_SETTLE": "0", "SC_WRITE_DELAY": "0", "FAULTS_FIRST_WAIT": 0.01, "LOG_LEVEL": "INFO"}
READS = {"GET"}

Row = dict[str, Any]


class Applier:
    """One user of a sandbox, in a folder of her own. `settings`: of all her crawls."""

    def __init__(self, sandbox: Sandbox, folder: Path, token: str = "", **settings: Any) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.settings = {**QUICK, "SC_OAUTH_TOKEN": token or sandbox.oauth_token, **settings}
        self._runs = 0

    def take_renewable_token(self) -> None:
        """Use a token that comes with a refresh token, as the sandbox's app gets it."""
        granted = self.sandbox.tokens._grant(183)
        self.settings |= {
            "SC_CLIENT_ID": self.sandbox.app_id,
            "SC_CLIENT_SECRET": self.sandbox.app_secret,
            "SC_OAUTH_TOKEN": granted["access_token"],
            "SC_REFRESH_TOKEN": granted["refresh_token"],
        }

    def write(self, *lines: Row, name: str = "plan.jsonl") -> Path:
        """A plan of these lines."""
        path = self.folder / name
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return path

    def run(self, jobdir: str = "", **arguments: Any) -> Crawl:
        """Run `apply`. Its output is in a folder of its own, unless a job goes on."""
        folder = self.folder / (f"job-{jobdir}" if jobdir else f"run-{self._runs}")
        self._runs += 1
        folder.mkdir(exist_ok=True)
        settings = {**self.settings, "SC_TOKEN_FILE": str(self.folder / "state" / "tokens.json")}
        if jobdir:
            settings["JOBDIR"] = str(self.folder / jobdir)
        given = {name.rstrip("_"): value for name, value in arguments.items()}
        return crawl("apply", folder, sandbox=self.sandbox, settings=settings, warned=True, **given)

    def dry(self, *lines: Row, **arguments: Any) -> Crawl:
        """A dry run of a plan of these lines, or of `plan`, `from_`."""
        if lines:
            arguments["plan"] = self.write(*lines)
        return self.run(**arguments)

    def apply(self, dry: Crawl, jobdir: str = "job", **arguments: Any) -> Crawl:
        """Carry out what a dry run has printed."""
        return self.run(jobdir, **{"plan": dry.folder / "out.jsonl", "apply": digest(dry), **arguments})

    def both(self, *lines: Row, **arguments: Any) -> Crawl:
        """A dry run, and what it has printed."""
        allowed = {name: arguments[name] for name in ("allow",) if name in arguments}
        return self.apply(self.dry(*lines, **arguments), **allowed)

    @property
    def sent(self) -> list[Row]:
        """All requests so far that are no reads."""
        return [row for row in self.sandbox.requests if row["method"] not in READS and "/oauth/" not in row["path"]]


def digest(dry: Crawl) -> str:
    """What a dry run has printed."""
    (found,) = re.findall(r"-a apply=([0-9a-f]{8}) ", dry.log)
    return str(found)


def statuses(found: Crawl) -> list[str]:
    """The status of each action, in the order of the plan."""
    return [row["status"] for row in found.records("action")]


Make = Callable[..., Applier]
