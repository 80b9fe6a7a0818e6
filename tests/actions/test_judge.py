"""What follows from each answer to a write: the table of docs/apply.md."""

from __future__ import annotations

import json

import pytest

from sc_spiders.actions.judge import Answer, Outcome, judge
from sc_spiders.api import CATALOGUE
from sc_spiders.api.writes import CEILINGS, WRITES

HTML = {"content-type": "text/html"}
SPAM = json.dumps({"code": 429, "message": "slow down", "spam_warning_urn": "soundcloud:spam-warnings:1"}).encode()
WORDS = json.dumps({"code": 422, "message": "unable to process provided asset_data"}).encode()

TABLE = {
    "done": ("like_track", Answer(200, {}, b"{}"), Outcome.TAKEN),
    "made": ("make_track", Answer(201, {}, b'{"urn":"soundcloud:tracks:1"}'), Outcome.TAKEN),
    "made, and not told what": ("make_track", Answer(201, {}, b"{}"), Outcome.DOUBT),
    "no JSON": ("set_track", Answer(200, HTML, b"<html>"), Outcome.DOUBT),
    "a page for a like": ("like_track", Answer(200, HTML, b"<!DOCTYPE html>"), Outcome.DOUBT),
    "nothing for a like": ("like_track", Answer(200), Outcome.TAKEN),
    "nothing for what is made": ("make_playlist", Answer(201), Outcome.DOUBT),
    "something of another kind": ("make_track", Answer(201, {}, b'{"urn":"soundcloud:users:1"}'), Outcome.DOUBT),
    "an id without a URN": ("make_track", Answer(201, {}, b'{"id":1}'), Outcome.TAKEN),
    "gone before a DELETE": ("unlike_track", Answer(404), Outcome.SETTLED),
    "gone before a like": ("like_track", Answer(404), Outcome.REFUSED),
    "a second repost": ("repost_track", Answer(409), Outcome.PERHAPS),
    "a second repost, forbidden": ("repost_track", Answer(403, {}, b'{"code":403,"message":"no"}'), Outcome.PERHAPS),
    "a full list of followings": ("follow", Answer(422, {}, WORDS), Outcome.PERHAPS),
    "asset data": ("make_track", Answer(422, {}, WORDS), Outcome.REFUSED),
    "forbidden": ("set_track", Answer(403, {}, b'{"code":403,"message":"no"}'), Outcome.REFUSED),
    "bot protection": ("set_track", Answer(403, HTML, b"<html>captcha-delivery.com"), Outcome.BLOCKED),
    "an unverified account": ("make_track", Answer(401, {"content-type": "text/plain"}, b"\n"), Outcome.UNAUTHORIZED),
    "spam": ("like_track", Answer(429, {}, SPAM), Outcome.SPAM),
    "too fast": ("like_track", Answer(429, {"retry-after": "7"}, b"Please slow down."), Outcome.SLOW),
    "off": ("like_track", Answer(405, {}, b"unknown route"), Outcome.OFF),
    "a redirect": ("like_track", Answer(302, {"location": "/"}), Outcome.DOUBT),
    "a timeout of the server": ("like_track", Answer(408), Outcome.DOUBT),
    "nobody listens": ("make_track", Answer(error="refused"), Outcome.UNSENT),
    "no name": ("make_track", Answer(error="no_host"), Outcome.UNSENT),
    "no trust": ("make_track", Answer(error="certificate"), Outcome.UNSENT),
    "a broken connection": ("make_track", Answer(error="connection"), Outcome.DOUBT),
    "a cut answer": ("make_track", Answer(error="cut"), Outcome.DOUBT),
    "no answer in time": ("make_track", Answer(error="timeout"), Outcome.DOUBT),
}


@pytest.mark.parametrize("name", TABLE)
def test_the_table(name: str) -> None:
    write, answer, outcome = TABLE[name]
    assert judge(WRITES[write], answer, str).outcome is outcome


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("name", WRITES)
def test_no_5xx_says_whether_it_was_done(name: str, status: int) -> None:
    assert judge(WRITES[name], Answer(status, HTML, b"<html>"), str).outcome is Outcome.DOUBT


def test_the_apis_words_and_waits_are_told() -> None:
    assert judge(WRITES["make_track"], Answer(422, {}, WORDS), str).message == "unable to process provided asset_data"
    assert judge(WRITES["like_track"], Answer(429, {"retry-after": "7"}, b""), str).wait == 7


@pytest.mark.parametrize("name", WRITES)
def test_every_write_is_declared_whole(name: str) -> None:
    write = WRITES[name]
    assert write.ceiling in CEILINGS
    assert CATALOGUE[write.reads].public
    assert ("{urn}" in write.path) != (write.makes and write.kind != "comment")
    assert write.method == "DELETE" or not write.settled
    assert not write.undo or any(other.do == write.undo for other in WRITES.values())
