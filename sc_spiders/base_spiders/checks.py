"""Checks whether a crawl can begin, before its first request. A refusal is one line."""

from __future__ import annotations

import logging

from sc_spiders.api import APIS, CATALOGUE, Api, Endpoint, used_by, words
from sc_spiders.base_spiders import system_playlists
from sc_spiders.base_spiders.hooks import SpiderHooks
from sc_spiders.context import context
from sc_spiders.credentials import CredentialError, has_user_token
from sc_spiders.errors import ArgumentError, BadHost
from sc_spiders.pages import since
from sc_spiders.redaction.given import exposed, secrets
from sc_spiders.redaction.names import unfolded

__all__ = ["preflight"]

logger = logging.getLogger(__name__)


def preflight(spider: SpiderHooks) -> None:
    """Raises ArgumentError if the crawl of that spider cannot begin."""
    _check_arguments_for_secrets(spider)
    for problem in (spider.problem, *context(spider.crawler).problems):
        if problem:
            raise ArgumentError(problem)
    _check_settings_for_secrets(spider)
    if spider.api not in spider.apis:
        raise ArgumentError(f"the {spider.api} API has no {spider.name}; use SC_API={spider.apis[0]}")
    spider.check()
    _check_words(spider)
    _check_endpoints(spider)
    if spider.subject == "playlist":
        system_playlists.refuse(spider.args["playlist"], spider.plan, spider.api)
    if given := [name for name in sorted(since.BOUNDS) if spider.args.get(name)]:
        _check_bounds(spider, given[0])
    _check_user_token(spider)


def _check_arguments_for_secrets(spider: SpiderHooks) -> None:
    """Refuse arguments that contain credentials from the settings: arguments are stored with the job, and shown."""
    hidden = list(secrets(spider.settings))
    if not hidden:
        return
    # Parsed arguments also contain the words of the files that they name.
    for name, value in (*spider.given.items(), *spider.args.items()):
        text = unfolded(str(value))
        if any(secret in text for secret in hidden):
            raise ArgumentError(f"{spider.name}: {name} holds a credential of the settings")


def _check_settings_for_secrets(spider: SpiderHooks) -> None:
    """Refuse credentials in the settings of a Scrapyd job; warn of those on a command line."""
    names = ", ".join(exposed(spider.settings))
    if not names:
        return
    why = "where other users of the machine can read it: set it in the environment"
    if "_job" in spider.given:
        raise ArgumentError(f"{spider.name}: {names} was given as a setting of the job, {why} of Scrapyd instead")
    logger.warning("%s was given on the command line, %s instead.", names, why)


def _check_words(spider: SpiderHooks) -> None:
    """Refuse words for which this API has no endpoint."""
    known = words(*spider.names, api=spider.api)
    for word in spider.chosen:
        if word not in known:
            raise ArgumentError(
                f"{spider.name}: the {spider.api} API has nothing for {spider.selector}={word}; "
                f"it has {', '.join(known)}"
            )


def _check_endpoints(spider: SpiderHooks) -> None:
    for name in spider.endpoints:
        if not CATALOGUE[name].path(spider.api):
            other = next(api for api in APIS if CATALOGUE[name].path(api))
            raise ArgumentError(f"{spider.name}: the {spider.api} API has no {name}; use SC_API={other}")


def _check_bounds(spider: SpiderHooks, bound: str) -> None:
    """Refuse bounds that apply to no list, bounds with nothing between them, and parameters that change the order.

    `bound`: the name of a given bound, for messages.
    """
    lists = [endpoint for endpoint in spider.plan if endpoint.shape == "list"]
    bounded = [endpoint for endpoint in lists if endpoint.name in since.DATED[spider.api]]
    if not bounded:  # the user wants only new rows, but would get all
        raise ArgumentError(
            f"{spider.name}: {bound} has no effect on the lists that are asked for; "
            f"it needs {_words_with_dates(spider)}"
        )
    for endpoint in bounded:
        _check_order(spider, endpoint, bound)
    _check_between(spider.name, spider.args["since"], spider.args["until"])
    if whole := [endpoint.name for endpoint in lists if endpoint not in bounded]:
        logger.info("%s does not apply to these lists, which are walked whole: %s", bound, ", ".join(whole))


def _check_between(spider: str, first: str, last: str) -> None:
    """Refuse bounds with nothing between them. Where `since=last` begins is not known yet."""
    are_given = first and last and first != since.LAST
    if are_given and first >= last:
        raise ArgumentError(f"{spider}: since={first} is not before until={last}: nothing is between them")


def _check_order(spider: SpiderHooks, endpoint: Endpoint, bound: str) -> None:
    asked = {**spider.query(endpoint), **spider.args["params"]}
    for name, value in since.NEWEST_FIRST.get(endpoint.name, {}).items():
        if asked.get(name, value) != value:
            raise ArgumentError(f"{spider.name}: {bound} needs the newest first: leave {name}={asked[name]} out")


def _words_with_dates(spider: SpiderHooks) -> str:
    """The API, and the selector's words for lists with dates, as a text for a message."""
    api = spider.api
    found = _dated(spider, api)
    if not found:
        api = "v2"
        found = _dated(spider, api)
    if spider.selector not in spider.arguments:
        return api
    return f"{api} and {spider.selector}={' or '.join(found)}"


def _dated(spider: SpiderHooks, api: Api) -> list[str]:
    """The spider's words for lists that `since` bounds in that API."""
    found = []
    for word in words(*spider.names, api=api):
        names = {endpoint.name for endpoint in used_by(word, api, *spider.names)}
        if names & since.DATED[api]:
            found.append(word)
    return found


def _check_user_token(spider: SpiderHooks) -> None:
    """Refuse endpoints that need a user's token if there is none."""
    if not _needs_user(spider):
        return
    try:
        if has_user_token(spider.settings):
            return
    except (CredentialError, BadHost) as e:
        raise ArgumentError(str(e)) from None
    way = "set SC_OAUTH_TOKEN"
    if spider.api == "public":
        way += " or run `sc-spiders login`"
    raise ArgumentError(f"{spider.name}: what is asked for needs a user's token: {way}")


def _needs_user(spider: SpiderHooks) -> bool:
    asked = list(spider.plan)
    for word in spider.chosen:
        asked += used_by(word, spider.api, *spider.names)
    return any(endpoint.auth == "user" for endpoint in asked)
