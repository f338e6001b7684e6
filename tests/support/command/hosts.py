"""Code hosts with the comments of one pull request: as much of their APIs as comments need.

What they answer is what their documentation says: GraphQL of GitHub answers 200 also where it refuses, and
GitLab has pages with `X-Next-Page`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.command.servers import Sink, answering, server

TOKEN = "host-token-3f1c9a"
ME, OTHER = "github-actions[bot]", "dependabot[bot]"
_FORBIDDEN = {"type": "FORBIDDEN", "message": "Resource not accessible by integration"}


@dataclass
class Said:
    """A comment."""

    number: int
    author: str
    body: str
    edits: int = 0
    system: bool = False  # of GitLab: it was written by the host, in the account's name


@dataclass
class CodeHost:
    """Pull request 7. `page`: comments on one page; `busy`: that many requests are answered with 503."""

    url: str = ""
    comments: list[Said] = field(default_factory=list)
    page: int = 100
    may_write: bool = True
    busy: int = 0

    def say(self, author: str, body: str) -> Said:
        """Write a comment."""
        self.comments.append(Said(len(self.comments) + 1, author, body))
        return self.comments[-1]

    def edit(self, number: int, body: str) -> Said:
        """Replace the text of a comment."""
        found = self.comments[number - 1]
        found.body, found.edits = body, found.edits + 1
        return found

    def bodies(self, author: str = ME) -> list[str]:
        """Return what one account said."""
        return [said.body for said in self.comments if said.author == author]


class FakeGitHub(CodeHost):
    """GraphQL of GitHub."""

    def environ(self) -> dict[str, str]:
        """What a job for the pull request has in its environment."""
        return {
            "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "team/mesh", "GITHUB_REF": "refs/pull/7/merge",
            "GITHUB_API_URL": self.url, "GITHUB_GRAPHQL_URL": f"{self.url}/graphql", "GITHUB_TOKEN": TOKEN,
        }  # fmt: skip

    def answer(self, method: str, path: str, body: Any, headers: Any) -> tuple[int, Any, dict[str, str]]:
        """Answer a request."""
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}, {}
        if (method, path) != ("POST", "/graphql"):
            return 404, {"message": "Not Found"}, {}
        given, query = body["variables"], body["query"]
        if query.startswith("mutation") and not self.may_write:
            return 200, {"data": None, "errors": [_FORBIDDEN]}, {}
        return 200, {"data": self._data(query, given)}, {}

    def _data(self, query: str, given: Any) -> Any:
        if "addComment" in query:
            return {"addComment": {"commentEdge": {"node": {"url": self._link(self.say(ME, given["body"]))}}}}
        if "updateIssueComment" in query:
            edited = self.edit(int(given["id"].removeprefix("IC_")), given["body"])
            return {"updateIssueComment": {"issueComment": {"url": self._link(edited)}}}
        if (given["owner"], given["name"], given["number"]) != ("team", "mesh", 7):
            return {"repository": {"pullRequest": None}}
        return {"repository": {"pullRequest": {"id": "PR_7", "comments": self._listed(given["after"])}}}

    def _listed(self, after: str | None) -> Any:
        start = int(after or 0)
        nodes = [
            {"id": f"IC_{c.number}", "body": c.body, "url": self._link(c), "viewerDidAuthor": c.author == ME}
            for c in self.comments[start : start + self.page]
        ]
        more = start + self.page < len(self.comments)
        return {"nodes": nodes, "pageInfo": {"hasNextPage": more, "endCursor": str(start + self.page)}}

    def _link(self, said: Said) -> str:
        return f"https://github.com/team/mesh/pull/7#issuecomment-{said.number}"


class FakeGitLab(CodeHost):
    """Notes of GitLab."""

    def environ(self) -> dict[str, str]:
        """What a job for the merge request has in its environment."""
        return {
            "GITLAB_CI": "true", "CI_PROJECT_ID": "42", "CI_MERGE_REQUEST_IID": "7",
            "CI_API_V4_URL": f"{self.url}/api/v4", "GITLAB_TOKEN": TOKEN,
        }  # fmt: skip

    def answer(self, method: str, path: str, body: Any, headers: Any) -> tuple[int, Any, dict[str, str]]:
        """Answer a request."""
        if headers.get("PRIVATE-TOKEN") != TOKEN:
            return 401, {"message": "401 Unauthorized"}, {}
        parts = urlsplit(path)
        if parts.path == "/api/v4/user":
            return 200, {"id": ME, "username": "project_42_bot"}, {}
        found = re.fullmatch(r"/api/v4/projects/42/merge_requests/7/notes(?:/(\d+))?", parts.path)
        if found is None:
            return 404, {"message": "404 Not Found"}, {}
        if method != "GET" and not self.may_write:
            return 403, {"message": "403 Forbidden"}, {}
        if method == "PUT":
            return 200, self._note(self.edit(int(found[1]), body["body"])), {}
        if method == "POST":
            return 201, self._note(self.say(ME, body["body"])), {}
        return self._listed(int(parse_qs(parts.query)["page"][0]))

    def _listed(self, page: int) -> tuple[int, Any, dict[str, str]]:
        start = (page - 1) * self.page
        notes = [self._note(said) for said in self.comments[start : start + self.page]]
        more = start + self.page < len(self.comments)
        return 200, notes, {"X-Next-Page": str(page + 1) if more else ""}

    def _note(self, said: Said) -> Any:
        return {"id": said.number, "body": said.body, "system": said.system, "author": {"id": said.author}}


@contextmanager
def serving(host: CodeHost) -> Iterator[Sink]:
    """Serve a host on a free port."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        content = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        host.busy -= 1
        if host.busy >= 0:
            answering(503, b"<html>busy</html>")(handler)
            return
        body = json.loads(content) if content else None
        status, value, headers = host.answer(handler.command, handler.path, body, handler.headers)
        answering(status, json.dumps(value).encode(), **headers)(handler)

    with server(reply) as sink:
        host.url = sink.url
        yield sink
