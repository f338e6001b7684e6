"""What backends that speak HTTP share: what may be sent where, and what a failed call means for a state."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.model.failure import Cause, Failure
from reconciler.model.state_place import ConsulPlace, HttpPlace
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import Ambiguous, NotSent, ProviderError, Refused
from reconciler.sdk.http.origins import is_private
from reconciler.sdk.provider import Settings
from reconciler.statestore.shared.ports import Unreached, Unsure

READ_TIMEOUT, WRITE_TIMEOUT = 10.0, 15.0  # seconds: a call must end before a lock is due


def settings() -> Settings:
    """Return the limits of the calls of one backend."""
    return Settings(read_timeout=READ_TIMEOUT, write_timeout=WRITE_TIMEOUT)


def meaning(error: ProviderError, place: str, *, reads: bool) -> Unsure | Failure:
    """Return what to raise for a call that failed: `Unsure` where it may be repeated, else the failure."""
    if isinstance(error, NotSent):
        return Unreached(_with_tls(error))
    if isinstance(error, Refused | Ambiguous):
        return Unsure(error.message)
    return Failure(
        Cause.STATE_UNREADABLE if reads else Cause.STATE_UNWRITABLE,
        f"cannot {'read' if reads else 'write'} the state in {place}",
        detail=error.message,
        hint=error.hint,
    )


def _with_tls(error: NotSent) -> str:
    """Return what was wrong with the connection, and for TLS what it may be."""
    about_tls = "TLS" in f"{error.message}{error.hint}" or "certificate" in error.message
    hint = error.hint.replace("the cluster's ca_file", "ca_file")
    return f"{error.message}; {hint}" if about_tls else error.message


def check_private(address: str, place: ConsulPlace | HttpPlace, what: str) -> None:
    """Raise `Failure` where `what`, a credential, would be sent in clear text to another machine."""
    if is_private(address) or place.allow_plaintext:
        return
    raise Failure(
        Cause.CREDENTIALS,
        f"{place.shown} would be sent {what} in clear text",
        hint="use https, or set allow_plaintext: true under state in reconciler.yaml",
    )


@dataclass(frozen=True, slots=True)
class Tls:
    """Whose certificates are trusted, and which one is shown. `None`: the system's, none, the address's."""

    ca_file: str | None
    cert_file: str | None
    key_file: str | None
    server_name: str | None


def find_tls(
    place: ConsulPlace | HttpPlace, environ: Mapping[str, str], root: Path, variables: Mapping[str, str]
) -> Tls:
    """Return what `reconciler.yaml` says of TLS, else what the variables say, which are named by its keys.

    Raises `Failure` for a file that does not exist.
    """

    def given(key: str, own: str | None) -> str | None:
        return own or environ.get(variables.get(key, "")) or None

    def file(key: str, own: str | None) -> str | None:
        return _existing(place, key, given(key, own), root)

    return Tls(
        file("ca_file", place.ca_file),
        file("cert_file", place.cert_file),
        file("key_file", place.key_file),
        given("server_name", place.server_name),
    )


def _existing(place: ConsulPlace | HttpPlace, key: str, name: str | None, root: Path) -> str | None:
    if name is None:
        return None
    path = root / Path(name).expanduser()
    if not path.is_file():
        raise Failure(
            Cause.CREDENTIALS,
            f"the {key} for the state in {place.shown} is not a file: {path}",
            hint="no fallback is tried",
        )
    return str(path)
