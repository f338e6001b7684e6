"""What backends that speak HTTP share: what may be sent where, and what a failed call means for a state."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.model.failure import Cause, Failure
from reconciler.model.state_place import ConsulPlace, HttpPlace
from reconciler.sdk.errors import Ambiguous, NotSent, ProviderError, Refused
from reconciler.sdk.http.origins import is_private
from reconciler.sdk.provider import Settings
from reconciler.statestore.shared.ports import Unsure

READ_TIMEOUT, WRITE_TIMEOUT = 10.0, 15.0  # seconds: a call must end before a lock is due


def settings() -> Settings:
    """Return the limits of the calls of one backend."""
    return Settings(read_timeout=READ_TIMEOUT, write_timeout=WRITE_TIMEOUT)


def meaning(error: ProviderError, place: str, *, reads: bool) -> Unsure | Failure:
    """Return what to raise for a call that failed: `Unsure` where it may be made again, else the failure."""
    if isinstance(error, NotSent):
        return Unsure(f"{error.message}; {error.hint}" if error.hint else error.message)
    if isinstance(error, Refused | Ambiguous):
        return Unsure(error.message)
    return Failure(
        Cause.STATE_UNREADABLE if reads else Cause.STATE_UNWRITABLE,
        f"cannot {'read' if reads else 'write'} the state in {place}",
        detail=error.message,
        hint=error.hint,
    )


def check_private(address: str, place: ConsulPlace | HttpPlace, what: str) -> None:
    """Raise `Failure` where `what`, a credential, would be sent in clear text to another machine."""
    if is_private(address) or place.allow_plaintext:
        return
    raise Failure(
        Cause.CREDENTIALS,
        f"{place.shown} would be sent {what} in clear text",
        hint="use https, or set allow_plaintext: true under state in reconciler.yaml",
    )


def tls_files(
    place: ConsulPlace | HttpPlace, environ: Mapping[str, str], root: Path, variables: Mapping[str, str]
) -> dict[str, str | None]:
    """Return the files of a TLS connection: those of `reconciler.yaml`, else those that the variables name.

    Raises `Failure` for a file that does not exist.
    """
    out: dict[str, str | None] = {}
    for key in ("ca_file", "cert_file", "key_file"):
        given = getattr(place, key) or environ.get(variables.get(key, "")) or None
        out[key] = _existing(place, key, root / Path(given).expanduser()) if given else None
    out["server_name"] = place.server_name or environ.get(variables.get("server_name", "")) or None
    return out


def _existing(place: ConsulPlace | HttpPlace, key: str, path: Path) -> str:
    if not path.is_file():
        raise Failure(
            Cause.CREDENTIALS,
            f"the {key} for the state in {place.shown} is not a file: {path}",
            hint="no fallback is tried",
        )
    return str(path)
