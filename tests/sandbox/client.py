"""A client for the sandbox."""

from __future__ import annotations

from typing import Any

import requests

from sc_spiders.sandbox import Sandbox
from tests.support.patience import PATIENCE

Json = dict[str, Any]


class Client:
    """A well-behaved client: it signs each request and follows next_href to the end."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._session = requests.Session()
        self._session.trust_env = False
        self.headers: dict[str, str] = {}

    def get(self, path: str, signed: bool = True, **params: Any) -> requests.Response:
        """Request a path or a whole URL."""
        url = path if path.startswith("http") else self.sandbox.url + path
        if signed:
            params["client_id"] = self.sandbox.client_id
        return self._session.get(url, params=params, headers=self.headers, timeout=PATIENCE, allow_redirects=False)

    def json(self, path: str, **params: Any) -> Any:
        """Request, and expect status 200."""
        response = self.get(path, **params)
        assert response.status_code == 200, (response.url, response.status_code, response.text)
        return response.json()

    def pages(self, path: str, **params: Any) -> list[list[Json]]:
        """Return all pages of a list."""
        pages = []
        url: str | None = path
        while url:
            page = self.json(url, **params)
            pages.append(page["collection"])
            url, params = page.get("next_href"), {}
        return pages

    def rows(self, path: str, **params: Any) -> list[Json]:
        """Return all rows of a list."""
        return [row for page in self.pages(path, **params) for row in page]

    def close(self) -> None:
        """Close the connections."""
        self._session.close()
