"""How the server is reached: its addresses, and the credentials for them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from reconciler.model.state_place import HttpPlace
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.http.client import HttpClient
from reconciler.sdk.provider import ClusterConfig
from reconciler.sdk.secrets.secret import Secret
from reconciler.statestore.backends.calling import check_private, find_tls, settings
from reconciler.statestore.backends.http.answers import judge

NAME = "the server"  # in messages
PASSWORD = "RECONCILER_HTTP_PASSWORD"  # noqa: S105 - a variable's name
USERNAME = "RECONCILER_HTTP_USERNAME"


@dataclass(frozen=True, slots=True)
class Target:
    """An address and the method that is used there."""

    cluster: ClusterConfig
    method: str
    path: str
    query: Mapping[str, str]
    denied: str = ""
    """What to do where the credentials are refused."""

    def client(self) -> HttpClient:
        """Return a client for the server of this address; no call is sent twice."""
        header = "Authorization"
        judging = partial(judge, denied=self.denied)
        return HttpClient(self.cluster, settings(), judge=judging, token_header=header, once=True)


@dataclass(frozen=True, slots=True)
class Access:
    """Where a state is read, written, locked and unlocked."""

    place: str
    read: Target
    update: Target
    lock: Target
    unlock: Target


def find(place: HttpPlace, environ: Mapping[str, str], root: Path) -> Access:
    """Return how to reach the state at `place`. Raises `Failure` for what cannot be used."""
    username, password = place.username or environ.get(USERNAME) or "", environ.get(PASSWORD) or ""
    credential, denied = _basic(username, password), _denied(username, password)
    tls = find_tls(place, environ, root, {})

    def target(address: str, method: str) -> Target:
        if credential is not None:
            check_private(address, place, "its password")
        parts = urlsplit(address)
        origin = f"{parts.scheme}://{parts.netloc}"
        cluster = ClusterConfig(
            NAME, origin, credential, tls.ca_file, tls.cert_file, tls.key_file, tls.server_name
        )
        return Target(cluster, method, parts.path or "/", dict(parse_qsl(parts.query)), denied)

    return Access(
        place.shown,
        target(place.address, "GET"),
        target(place.address, place.update_method),
        target(place.lock_address or place.address, place.lock_method),
        target(place.unlock_address or place.lock_address or place.address, place.unlock_method),
    )


def _denied(username: str, password: str) -> str:
    """Return what to do where the server refuses these."""
    if not password:
        more = "" if username else f", and username under state in reconciler.yaml or {USERNAME}"
        return f"no credentials were sent: set {PASSWORD}{more}"
    if not username:
        return (
            f"the password of {PASSWORD} was sent without a user: set username under state in "
            f"reconciler.yaml, or {USERNAME}"
        )
    return f"correct username under state in reconciler.yaml (or {USERNAME}), and {PASSWORD}: both were sent"


def _basic(username: str, password: str) -> Secret | None:
    """Return the value of the header for these, or `None` where there is no password."""
    if not password:
        return None
    known = Secret(password)  # so that it is masked by itself, too
    return Secret("Basic " + base64.b64encode(f"{username}:{known.reveal()}".encode()).decode())
