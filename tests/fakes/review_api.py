"""A server that answers as the comment APIs of GitHub and GitLab do, refusals included."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, Any]
GITHUB_LIMIT = 65_536
_NOT_FOUND: Answer = (404, {"message": "Not Found"})
_GITHUB = re.compile(r"/repos/([\w.-]+/[\w.-]+)/issues/(\d+)/comments")
_GITHUB_ONE = re.compile(r"/repos/([\w.-]+/[\w.-]+)/issues/comments/(\d+)")
_GITLAB = re.compile(r"/projects/([^/]+)/merge_requests/(\d+)/notes(?:/(\d+))?")


@dataclass(slots=True)
class Account:
    """Whose a token is.

    Attributes:
        app: Whether it is an app's, which may not ask who it is.
        writes: Whether it may write.
    """

    login: str
    app: bool = False
    writes: bool = True


@dataclass(slots=True)
class ReviewApi:
    """The state of the server.

    Attributes:
        repository: The one repository that there is; pull request 7 is its only one.
        page: The most items of a page.
        redirect: Where every request is sent instead.
        fails: The status of every answer, if they fail.
    """

    accounts: dict[str, Account]
    repository: str = "team/models"
    page: int = 100
    redirect: str = ""
    fails: int = 0
    comments: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    url: str = ""

    def add(self, login: str, body: str, *, bot: bool = False) -> None:
        """Write a comment, as somebody."""
        kind = "Bot" if bot else "User"
        self.comments.append({
            "id": 100 + len(self.comments), "body": body, "system": False,
            "user": {"login": login, "type": kind}, "author": {"id": f"id of {login}"},
        })  # fmt: skip

    def bodies(self) -> list[str]:
        """Return the texts of all comments."""
        return [each["body"] for each in self.comments]

    def answer(self, method: str, path: str, token: str, body: Any) -> Answer:
        """Answer one request."""
        self.requests.append((method, path))
        self.tokens.append(token)
        account = self.accounts.get(token)
        if self.fails:
            return self.fails, {"message": "Server Error"}
        if account is None:
            return 401, {"message": "Bad credentials"}
        if path == "/user":
            if account.app:
                return 403, {"message": "Resource not accessible by integration"}
            return 200, {"login": account.login, "id": f"id of {account.login}"}
        return self._comments(method, path, account, body)

    def _comments(self, method: str, path: str, account: Account, body: Any) -> Answer:
        many, one, notes = (each.fullmatch(path) for each in (_GITHUB, _GITHUB_ONE, _GITLAB))
        found = many or one or notes
        number = "7" if one else found and found[2]
        if found is None or found[1].replace("%2F", "/") != self.repository or number != "7":
            return _NOT_FOUND
        if method == "GET":
            return 200, self.comments
        if not account.writes:
            return 403, {"message": "Resource not accessible by integration"}
        limit = 1_000_000 if notes else GITHUB_LIMIT
        if len(body["body"]) > limit:
            return 422, {"message": f"Body is too long (maximum is {limit} characters)"}
        return self._write(method, account, found[found.lastindex or 0], body["body"].strip())

    def _write(self, method: str, account: Account, comment: str, body: str) -> Answer:
        if method == "POST":
            self.add(account.login, body, bot=account.app)
            return 201, self.comments[-1]
        for each in self.comments:
            if str(each["id"]) == comment:
                each["body"] = body
                return 200, each
        return _NOT_FOUND


@contextmanager
def serving(api: ReviewApi) -> Iterator[ReviewApi]:
    """Serve it on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            where = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            status, value = api.answer(
                self.command, where.path, token or self.headers.get("PRIVATE-TOKEN", ""), body
            )
            if api.redirect:
                self.send_response(302)
                self.send_header("Location", api.redirect + self.path)
                self.end_headers()
                return
            self.send_response(status)
            if isinstance(value, list):
                value = self._page(value, where.path, parse_qs(where.query))
            text = json.dumps(value).encode()
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def _page(self, items: list[Any], path: str, query: dict[str, list[str]]) -> list[Any]:
            size = min(int(query.get("per_page", ["30"])[0]), api.page)
            number = int(query.get("page", ["1"])[0])
            if number * size < len(items):
                more = f"<{api.url}{path}?per_page={size}&page={number + 1}>"
                self.send_header("Link", f'<{api.url}/first>; rel="first", {more}; rel="next"')
            return items[(number - 1) * size : number * size]

        do_GET = do_POST = do_PATCH = do_PUT = _handle  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
