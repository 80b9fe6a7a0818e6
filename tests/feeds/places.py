"""Servers of the tests that feeds are stored at: FTP by pyftpdlib, and as much of S3 as storing a file needs."""

from __future__ import annotations

import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import quote, unquote, urlsplit

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="The asyn(core|chat) module is deprecated", category=DeprecationWarning)
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.servers import FTPServer

SECRET = "a/very secret+word"
NO_WRITING = "elr"
"""What an FTP user may do: look and read."""


class Place(Protocol):
    """`environment`: what a crawl needs there. `files`: what is stored, by name."""

    environment: dict[str, str]

    @property
    def files(self) -> dict[str, bytes]: ...

    def uri(self, name: str) -> str: ...

    def close(self) -> None:
        """Go away, if it is there: nobody can connect any more."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, at: TracebackType | None) -> None: ...


class Ftp:
    """An FTP server with one user, `me`, whose password is `SECRET`."""

    def __init__(self, folder: Path, may: str = "elradfmwMT") -> None:
        folder.mkdir()
        self.environment: dict[str, str] = {}
        self._folder = folder
        authorizer = DummyAuthorizer()
        authorizer.add_user("me", SECRET, str(folder), perm=may)
        handler = type("Handler", (FTPHandler,), {"authorizer": authorizer})
        self._server = FTPServer(("127.0.0.1", 0), handler)
        self._port = self._server.address[1]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def uri(self, name: str, password: str = SECRET) -> str:
        return f"ftp://me:{quote(password, safe='')}@127.0.0.1:{self._port}/{name}"

    @property
    def files(self) -> dict[str, bytes]:
        paths = (path for path in self._folder.rglob("*") if path.is_file())
        return {path.relative_to(self._folder).as_posix(): path.read_bytes() for path in paths}

    def close(self) -> None:
        self._ended.set()
        self._thread.join()

    def _serve(self) -> None:
        while not self._ended.is_set():
            self._server.serve_forever(timeout=0.05, blocking=False, handle_exit=False)
        self._server.close_all()


class S3:
    """Stores and deletes objects of the bucket `b`. `denies`: nobody may."""

    def __init__(self, *, denies: bool = False) -> None:
        self.files: dict[str, bytes] = {}
        self.denies = denies
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.environment = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._server.server_port}",
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_CONFIG_FILE": "nowhere",
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def uri(self, name: str) -> str:
        return f"s3://b/{name}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(place: S3) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self._may():
                place.files[self._key] = body
                self._answer(200)

        def do_DELETE(self) -> None:
            if self._may():
                place.files.pop(self._key, None)
                self._answer(204)

        @property
        def _key(self) -> str:
            return unquote(urlsplit(self.path).path).removeprefix("/b/")

        def _may(self) -> bool:
            if place.denies or "AKIAEXAMPLE" not in self.headers["Authorization"]:
                self._answer(403, b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
                return False
            return True

        def _answer(self, status: int, body: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
