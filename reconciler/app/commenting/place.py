"""Which pull request or merge request this run belongs to, from the variables that the host's runner sets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.model.commenting.outcome import Host
from reconciler.model.failure import Cause, Failure
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.secrets.secret import Secret

LARGEST = {Host.GITHUB: 65_536, Host.GITLAB: 1_000_000}  # characters of a comment
NAMES = {Host.GITHUB: "GitHub", Host.GITLAB: "GitLab"}
REQUESTS = {Host.GITHUB: "pull request", Host.GITLAB: "merge request"}
TOKENS = {Host.GITHUB: "GITHUB_TOKEN", Host.GITLAB: "GITLAB_TOKEN"}
_GITHUB_API = "https://api.github.com"


@dataclass(frozen=True, slots=True)
class Place:
    """A pull request: the address of the API, the project (`owner/name`, or GitLab's number), its number.

    `number` and `token` are `None` where the run has none.
    """

    host: Host
    api: str
    project: str
    number: int | None
    token: Secret | None

    @property
    def shown(self) -> str:
        """The host's name for people."""
        return NAMES[self.host]


def find_place(environ: Mapping[str, str], host: Host | None = None, number: int | None = None) -> Place:
    """Return where to comment. `host` and `number` replace what the environment says.

    Raises `Failure` where neither says which host it is, or the host's own variables are missing.
    """
    found = host or _host(environ)
    token = environ.get(TOKENS[found])
    make = _github if found is Host.GITHUB else _gitlab
    api, project, own = make(environ)
    return Place(found, api.rstrip("/"), project, number or own, Secret(token) if token else None)


def _host(environ: Mapping[str, str]) -> Host:
    if environ.get("GITHUB_ACTIONS"):
        return Host.GITHUB
    if environ.get("GITLAB_CI"):
        return Host.GITLAB
    raise Failure(
        Cause.USAGE,
        "this is not a job of GitHub Actions or GitLab CI",
        hint="say which host it is: --host github or --host gitlab, and --number N",
    )


def _needed(environ: Mapping[str, str], name: str, meaning: str) -> str:
    if environ.get(name):
        return environ[name]
    raise Failure(Cause.USAGE, f"{name} is not set", hint=f"set it to {meaning}")


def _github(environ: Mapping[str, str]) -> tuple[str, str, int | None]:
    """Return the address of GraphQL, the repository, and the pull request of the run's event."""
    project = _needed(environ, "GITHUB_REPOSITORY", "the repository, as OWNER/NAME")
    rest = environ.get("GITHUB_API_URL") or _GITHUB_API
    api = environ.get("GITHUB_GRAPHQL_URL") or rest.removesuffix("/v3") + "/graphql"
    ref = re.fullmatch(r"refs/pull/(\d+)/(?:merge|head)", environ.get("GITHUB_REF", ""))
    return api, project, int(ref[1]) if ref else _of_event(environ.get("GITHUB_EVENT_PATH"))


def _of_event(path: str | None) -> int | None:
    """Return the number of the pull request that an event is about, such as a comment on it."""
    try:
        event: Any = json.loads(Path(path).read_bytes()) if path else {}
    except (OSError, ValueError):
        return None
    event = event if isinstance(event, dict) else {}
    issue = event.get("issue")
    commented = issue if isinstance(issue, dict) and issue.get("pull_request") else {}
    number = (event.get("pull_request") or commented).get("number")
    return number if isinstance(number, int) else None


def _gitlab(environ: Mapping[str, str]) -> tuple[str, str, int | None]:
    project = _needed(environ, "CI_PROJECT_ID", "the project's number")
    api = _needed(environ, "CI_API_V4_URL", "the address of the API, such as https://gitlab.com/api/v4")
    number = environ.get("CI_MERGE_REQUEST_IID", "")
    return api, project, int(number) if number.isdecimal() else None
