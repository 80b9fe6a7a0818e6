"""HTTP on the wire: whole answers in many forms, and answers that end too early."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random

from tests.support.answers import http, user
from tests.support.crawl import Crawls
from tests.support.server import Server, formed

FORMS = 100
USERS = ",".join(map(str, range(1, FORMS + 1)))
SOME = ",".join(map(str, range(1, 41)))
HASTE = ("-s", "FAULTS_FIRST_WAIT=0.01")
ACCEPTED = "gzip, deflate, br"


def page(number: int) -> bytes:
    rows = [user(10_000 + number * 10 + row) for row in range(5)]
    return http(200, {"collection": rows, "next_href": None}, Set_Cookie="a=1")


def sent(path: str, *, cut: bool = False) -> bytes:
    """That user's page in a random form. `cut`: its body ends at a random byte."""
    random = Random(path)
    head, body = formed(random, ACCEPTED, page(int(path.split("/")[2])))
    return head + (body[: random.randrange(len(body))] if cut else body)


def test_a_body_that_ends_too_early_is_asked_for_again_and_taken_in_whatever_form_it_comes(crawls: Crawls) -> None:
    def script(path: str, turn: int) -> bytes | None:
        return sent(path, cut=turn == 1) if "/followings" in path else None

    with Server(script) as server:
        crawl = crawls.run("user_graph", *HASTE, settings=server.settings, user=USERS, relations="followings")

    assert crawl.code == 0
    assert [one["complete"] for one in crawl.records("listing")] == [True] * FORMS
    assert len(crawl.triples) == len(crawl.records("edge")) == 5 * FORMS
    # If only the checksum of a compressed body is lost, the body may count as whole.
    assert server.asked.total() > 2.9 * FORMS
    assert max(turns for path, turns in server.asked.items() if "/followings" in path) == 2  # a whole one is taken


def test_a_body_that_always_ends_too_early_is_no_page(crawls: Crawls) -> None:
    settings = (*HASTE, "-s", "SC_ATTEMPTS=2")
    with Server(lambda path, turn: sent(path, cut=True) if "/followings" in path else None) as server:
        crawl = crawls.run("user_graph", *settings, settings=server.settings, user=SOME, relations="followings")

    listings = crawl.records("listing")
    ends = {one["error"] for one in listings if not one["complete"]}
    assert crawl.code == 1
    assert ends <= {"cut", "not_json"}
    assert all(one["fetched"] == (5 if one["complete"] else 0) for one in listings)
    assert sum(one["complete"] for one in listings) < len(listings) / 20


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
LARGEST = 1_000_000


@contextmanager
def endless(asked: list[int]) -> Iterator[str]:
    """A URL with a chunked body that never ends. `asked` gets the bytes that each client read."""

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        sent = 0
        with connection, suppress(OSError):
            connection.sendall(HEAD)
            while sent < 200 * LARGEST:
                connection.sendall(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
                sent += 0x10000
        asked.append(sent)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_body_without_a_length_is_left_once_it_is_too_large(crawls: Crawls) -> None:
    """The kernel's buffers hold some more of it."""
    taken: list[int] = []
    with endless(taken) as url:
        settings = {"SC_CLIENT_ID": "a" * 32, "SC_V2_URL": url}
        crawl = crawls.run("user_graph", "-s", f"DOWNLOAD_MAXSIZE={LARGEST}", settings=settings, user="1")

    assert crawl.code == 1
    assert "    user of 1: error (too_large)" in crawl.log
    assert len(taken) == 1
    assert taken[0] < 20 * LARGEST
