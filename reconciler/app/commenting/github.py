"""Comments on a pull request of GitHub, by its GraphQL API: it says which ones the token's account wrote.

The REST API does not say who the account is: `GET /user` refuses the token of a workflow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.app.commenting.calls import Api, MayNot
from reconciler.app.commenting.comment import Comment, Written
from reconciler.app.commenting.place import Place
from reconciler.model.failure import Cause, Failure
from reconciler.sdk.secrets.secret import Secret
from reconciler.sdk.text import one_line

_LIST = """query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) { id
    comments(first: 100, after: $after) {
      nodes { id body url viewerDidAuthor } pageInfo { hasNextPage endCursor } } } } }"""
_ADD = """mutation($id: ID!, $body: String!) {
  addComment(input: {subjectId: $id, body: $body}) { commentEdge { node { url } } } }"""
_UPDATE = """mutation($id: ID!, $body: String!) {
  updateIssueComment(input: {id: $id, body: $body}) { issueComment { url } } }"""
_REFUSALS = frozenset({"FORBIDDEN", "NOT_FOUND", "INSUFFICIENT_SCOPES", "UNAUTHENTICATED"})


class GitHub:
    """Implements `Comments` on GitHub and GitHub Enterprise."""

    def __init__(self, place: Place, token: Secret) -> None:
        self._url = place.api
        self._owner, _, self._name = place.project.partition("/")
        self._number = place.number
        self._api = Api(place.shown, "Authorization", token, "Bearer")
        self._request = ""  # the ID of the pull request, once comments were listed

    def own(self) -> Iterator[Comment]:
        """Return the comments that the token's account wrote, oldest first."""
        after = None
        while True:
            page = self._page(after)
            for node in page["nodes"]:
                if node["viewerDidAuthor"]:
                    yield Comment(node["id"], node["body"], node["url"])
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    def create(self, body: str) -> Written:
        """Write a new comment."""
        data = self._asked(_ADD, {"id": self._request, "body": body}, writes=True)
        return Written(data["addComment"]["commentEdge"]["node"]["url"])

    def update(self, comment: Comment, body: str) -> Written:
        """Replace the text of a comment."""
        data = self._asked(_UPDATE, {"id": comment.id, "body": body}, writes=True)
        return Written(data["updateIssueComment"]["issueComment"]["url"])

    def _page(self, after: str | None) -> Any:
        given = {"owner": self._owner, "name": self._name, "number": self._number, "after": after}
        data = self._asked(_LIST, given)
        request = (data["repository"] or {}).get("pullRequest")
        if request is None:
            raise MayNot(f"GitHub shows this token no pull request {self._number} of this repository")
        self._request = request["id"]
        return request["comments"]

    def _asked(self, query: str, variables: dict[str, Any], *, writes: bool = False) -> Any:
        """Return the data of an answer. GraphQL answers 200 also where it refuses."""
        send = self._api.write if writes else self._api.read
        value = send("POST", self._url, {"query": query, "variables": variables}).value
        errors = value.get("errors") or [] if isinstance(value, dict) else [{"message": "no GraphQL answer"}]
        if not errors:
            return value["data"]
        said = one_line("; ".join(str(error.get("message")) for error in errors))
        if _REFUSALS & {error.get("type") for error in errors}:
            raise MayNot(f"GitHub answered: {said}")
        raise Failure(Cause.CODE_HOST, "cannot comment on GitHub", detail=f"it answered: {said}")
