"""Notes on a merge request of GitLab, by its REST API."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.app.commenting.calls import Api
from reconciler.app.commenting.comment import Comment, Written
from reconciler.app.commenting.place import Place
from reconciler.sdk.secrets.secret import Secret

_PAGE = 100  # notes in one answer


class GitLab:
    """Implements `Comments` on GitLab."""

    def __init__(self, place: Place, token: Secret) -> None:
        self._root = place.api
        self._notes = f"{place.api}/projects/{place.project}/merge_requests/{place.number}/notes"
        self._api = Api(place.shown, "PRIVATE-TOKEN", token)

    def own(self) -> Iterator[Comment]:
        """Return the notes that the token's account wrote, oldest first."""
        me = self._api.read("GET", f"{self._root}/user").value["id"]
        page = "1"
        while page:
            url = f"{self._notes}?per_page={_PAGE}&sort=asc&order_by=created_at&page={page}"
            answer = self._api.read("GET", url)
            for note in answer.value:
                if not note["system"] and note["author"]["id"] == me:
                    yield Comment(str(note["id"]), note["body"])
            page = answer.headers.get("x-next-page", "")

    def create(self, body: str) -> Written:
        """Write a new note."""
        return Written(_shown(self._api.write("POST", self._notes, {"body": body}).value["id"]))

    def update(self, comment: Comment, body: str) -> Written:
        """Replace the text of a note."""
        self._api.write("PUT", f"{self._notes}/{comment.id}", {"body": body})
        return Written(_shown(comment.id))


def _shown(number: object) -> str:
    return f"note {number}"
