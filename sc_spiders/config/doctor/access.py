"""Checks the credentials and, with `online`, tries them with the API."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings

from sc_spiders.api.hosts import Hosts
from sc_spiders.api.unanswered import WORDS
from sc_spiders.config.doctor.finding import Finding
from sc_spiders.credentials import CredentialError, has_user_token, parse_share_tokens, source_for
from sc_spiders.credentials.oauth import AppToken, UserToken
from sc_spiders.credentials.tokenfile import TokenFile
from sc_spiders.credentials.webpage import WebPage
from sc_spiders.errors import BadHost
from sc_spiders.records.words import counted
from sc_spiders.redaction.given import SECRET_SETTINGS

_SECONDS = 90  # limit for one crawl of the API
_WORDS = {
    WebPage: "an anonymous client id, read from the web page when a crawl starts",
    AppToken: "an app's token, fetched with SC_CLIENT_ID and SC_CLIENT_SECRET",
    UserToken: "a user's token, renewed as needed",
}


class _Holder:
    """Stands in for the crawler: the choice of a source of credentials needs only its settings."""

    def __init__(self, settings: BaseSettings) -> None:
        self.settings = settings


def credentials(settings: BaseSettings) -> Iterator[Finding]:
    """Finds the credentials that a crawl would use. No request is sent."""
    for name in SECRET_SETTINGS:
        if settings.get(name) and settings.getpriority(name) == SETTINGS_PRIORITIES["cmdline"]:
            yield Finding.note(
                f"credentials: {name} is on the command line, where other users of the machine can read it",
                f"export {name}=... in the environment, and change the secret if others may have seen it",
            )
    api = settings["SC_API"]
    try:
        hosts = Hosts.from_settings(settings)
        shares = parse_share_tokens(settings["SC_SECRET_TOKENS"] or "")
        source = source_for(api, cast("Any", _Holder(settings)), hosts, cast("Any", None))
    except (CredentialError, BadHost) as e:
        yield Finding.bad(f"credentials: {e}", "docs: Credentials")
        return
    words = _WORDS.get(type(source)) or "the credential in the settings, unchanged"
    user = "no user's token (`me` needs one)"
    if has_user_token(settings):
        user = "with a user's token"
    text = f"credentials: {api}: {words}, {user}"
    if shares:
        text += f", {len(shares)} share tokens"
    yield Finding.ok(text)


def token_file(settings: BaseSettings) -> Iterator[Finding]:
    file = TokenFile.from_settings(settings)
    try:
        entries = file.load()
    except CredentialError as e:
        yield Finding.bad(f"token file: {e}", "docs: Credentials")
        return
    if not file.path.exists():
        yield Finding.ok(f"token file: none yet; `sc-spiders login` makes {file.path}")
        return
    mode = stat.S_IMODE(file.path.stat().st_mode)
    text = f"token file: {file.path}, mode {mode:04o}, {counted(len(entries), 'entry')}"
    if os.access(file.path.parent, os.W_OK):
        yield Finding.ok(text)
    else:
        yield Finding.bad(text, f"renewed tokens cannot be stored: correct the rights of {file.path.parent}")


def online(settings: BaseSettings) -> Iterator[Finding]:
    """Crawls one profile with these credentials and, if there is a user's token, that user's own profile.

    On v2 the first crawl does not send the token. So a failure shows which of the two credentials is wrong.
    """
    try:
        user = has_user_token(settings)
    except (CredentialError, BadHost):
        user = False  # the check of the credentials reports it
    without_token: dict[str, str] = {}
    if settings["SC_API"] == "v2":
        without_token["SC_OAUTH_TOKEN"] = ""
    code, said = _crawl(settings, "user", "user=183", **without_token)
    yield _answer("the API answers", "user", code, said)
    if user and code == 0:
        code, said = _crawl(settings, "me", "include=profile")
        yield _answer("the user's token is good", "me", code, said)


def _answer(good: str, spider: str, code: int, said: str) -> Finding:
    if code == 0:
        return Finding.ok(f"online: {good}")
    if _UNREACHED.search(said):
        advice = "nothing answers there: check the network, the proxy, and the SC_..._URL settings"
    elif code == 4 and spider == "me":
        advice = "the user's token is refused, everything else is good: see docs, Credentials"
    else:
        advice = _ADVICE.get(code, "see the lines above")
    return Finding.bad(f"online: {spider}: {said}", advice)


# In the messages of a crawl that got no answer.
_UNREACHED = re.compile(rf"gives no answer|did not answer|certificate|\((?:{'|'.join(WORDS)})\)")
_ADVICE = {
    1: "the API answered, but not with the profile: see docs, Faults; try again later",
    3: "the API asks to wait: try again later",
    4: "the API needs a valid credential: see docs, Credentials",
}


def _crawl(settings: BaseSettings, spider: str, argument: str, **others: str) -> tuple[int, str]:
    """Exit code and first error of a crawl. It gets its settings in the environment, which other users cannot read."""
    env = {
        **os.environ,
        **{name: str(settings[name] or "") for name in settings if name.startswith("SC_")},
        **others,
        "SC_ATTEMPTS": "2",
        "SC_MAX_WAIT": "5",  # seconds; the check must not wait long
        "SC_REDIS_URL": "",
        "SCRAPY_SETTINGS_MODULE": "sc_spiders.settings",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "scrapy", "crawl", spider, "-a", argument, "-s", "LOGSTATS_INTERVAL=0"]
        try:
            done = subprocess.run(  # noqa: S603
                command, cwd=Path(folder), env=env, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return 1, f"no answer within {_SECONDS} s"
    for line in done.stderr.splitlines():
        if " ERROR: " in line or "    " in line:
            return done.returncode, line.split(": ", 1)[-1].strip()
    return done.returncode, f"exit code {done.returncode}"
