"""Posting one comment: created the first time, updated after that, left alone where it says the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.app.commenting.place import LARGEST, REQUESTS, TOKENS, Place, find_place
from reconciler.model.commenting.outcome import Commented, Done, Host
from reconciler.model.failure import Cause, Failure

if TYPE_CHECKING:
    from reconciler.app.commenting.comment import Comments
    from reconciler.sdk.secrets.secret import Secret

_NAME = re.compile(r"[\w./-]{1,100}", re.ASCII)
_HINTS = {
    Host.GITHUB: "the job needs `permissions: {pull-requests: write}`; runs for forks never have it",
    Host.GITLAB: "GITLAB_TOKEN needs an access token of the project with the scope api: CI_JOB_TOKEN may not",
}


def comment(
    text: str,
    environ: Mapping[str, str],
    *,
    name: str = "plan",
    host: Host | None = None,
    number: int | None = None,
) -> Commented:
    """Put a text under a pull request or merge request, in the one comment of this `name`.

    Without a pull request, without a token, or where the token may not comment, nothing is done, and the
    result says why. Raises `Failure` for a text that is too long, and for a host that cannot be reached.
    """
    from reconciler.app.commenting.calls import MayNot

    place = find_place(environ, host, number)
    body = _body(text, name, place)
    if place.number is None:
        return Commented(Done.SKIPPED, because=f"this run belongs to no {REQUESTS[place.host]}")
    if place.token is None:
        return Commented(Done.SKIPPED, because=f"{TOKENS[place.host]} is not set", hint=_HINTS[place.host])
    try:
        return _posted(_comments(place, place.token), body)
    except MayNot as refused:
        return Commented(Done.SKIPPED, because=str(refused), hint=_HINTS[place.host])
    except (KeyError, TypeError, AttributeError) as error:
        raise Failure(
            Cause.CODE_HOST, f"cannot comment on {place.shown}", detail="its answer is not of the known form"
        ) from error


def read_text(file: str, stdin: str | None = None) -> str:
    """Return the text of a file. Raises `Failure` where it cannot be read, or has no text."""
    try:
        text = Path(file).read_text(encoding="utf-8") if stdin is None else stdin
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(Cause.USAGE, f"cannot read {file}", detail=str(error)) from error
    if not text.strip():
        raise Failure(Cause.USAGE, f"{file} is empty", hint="did the command before it write it?")
    return text


def mark(name: str) -> str:
    """Return the first line of the comment of a name; it is not shown. Raises `Failure` for a bad name."""
    if not _NAME.fullmatch(name) or "--" in name:
        raise Failure(Cause.USAGE, f"{name!r} is no name for a comment", hint="use letters, digits, . / - _")
    return f"<!-- reconciler comment: {name} -->"


def _body(text: str, name: str, place: Place) -> str:
    body = f"{mark(name)}\n{text.strip()}\n"
    largest = LARGEST[place.host]
    if len(body) > largest:
        raise Failure(
            Cause.USAGE,
            f"the text has {len(body)} characters, and {place.shown} takes {largest}",
            hint=f"write it with --max-size {largest - 1000}",
        )
    return body


def _comments(place: Place, token: Secret) -> Comments:
    if place.host is Host.GITHUB:
        from reconciler.app.commenting.github import GitHub

        return GitHub(place, token)
    from reconciler.app.commenting.gitlab import GitLab

    return GitLab(place, token)


def _posted(comments: Comments, body: str) -> Commented:
    first = body.partition("\n")[0]
    for found in comments.own():
        if found.body.replace("\r\n", "\n").partition("\n")[0].strip() == first:
            if found.body.replace("\r\n", "\n").strip() == body.strip():
                return Commented(Done.UNCHANGED, found.shown or found.id)
            return Commented(Done.UPDATED, comments.update(found, body).shown)
    return Commented(Done.CREATED, comments.create(body).shown)
