"""How the Consul that keeps a state is reached: as `reconciler.yaml` says, else as Consul's CLI finds it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from reconciler.model.failure import Cause, Failure
from reconciler.model.state_place import ConsulPlace
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.files import read_file
from reconciler.sdk.provider import ClusterConfig
from reconciler.sdk.secrets.secret import Secret
from reconciler.statestore.backends.calling import check_private, find_tls

NAME = "Consul"  # in messages
_DEFAULT = "http://127.0.0.1:8500"
_MOST_BYTES = 64 * 1024
_TLS = {
    "ca_file": "CONSUL_CACERT",
    "cert_file": "CONSUL_CLIENT_CERT",
    "key_file": "CONSUL_CLIENT_KEY",
    "server_name": "CONSUL_TLS_SERVER_NAME",
}
_YES = frozenset({"1", "t", "true", "y", "yes"})


@dataclass(frozen=True, slots=True)
class Access:
    """Where the keys are, and how they are reached. `query` is part of every request."""

    cluster: ClusterConfig
    path: str
    query: Mapping[str, str | int]
    scope: Mapping[str, str]
    """The same as fields of the operations of a transaction."""

    @property
    def place(self) -> str:
        """Return the place for people."""
        return f"consul://{urlsplit(self.cluster.address).netloc}/{self.path}"


def find(place: ConsulPlace, environ: Mapping[str, str], root: Path) -> Access:
    """Return how to reach the state at `place`. Raises `Failure` for what cannot be used."""
    address = place.address or _from_environment(environ)
    token = _token(environ, root)
    if token is not None:
        check_private(address, place, "its token")
    namespace = place.namespace or environ.get("CONSUL_NAMESPACE") or ""
    partition = place.partition or environ.get("CONSUL_PARTITION") or ""
    tls = find_tls(place, environ, root, _TLS)
    scope = {"ns": namespace, "partition": partition, "dc": place.datacenter or ""}
    return Access(
        ClusterConfig(NAME, address, token, tls.ca_file, tls.cert_file, tls.key_file, tls.server_name),
        place.path,
        {name: value for name, value in scope.items() if value},
        {key: value for key, value in (("Namespace", namespace), ("Partition", partition)) if value},
    )


def _from_environment(environ: Mapping[str, str]) -> str:
    """Return the address as Consul's CLI reads it: a scheme is optional."""
    given = environ.get("CONSUL_HTTP_ADDR") or _DEFAULT
    secure = environ.get("CONSUL_HTTP_SSL", "").lower() in _YES
    address = given if "://" in given else f"{'https' if secure else 'http'}://{given}"
    parts = _parts(address)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise Failure(
            Cause.CONFIGURATION,
            "CONSUL_HTTP_ADDR cannot be used: it must be host:port or an http:// or https:// URL",
            hint="write the address of the Consul that keeps the state: address under state in "
            "reconciler.yaml",
        )
    return f"{parts.scheme}://{parts.netloc}"


def _parts(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _token(environ: Mapping[str, str], root: Path) -> Secret | None:
    """Return the token; as for Consul's CLI, the one in a file comes first."""
    named = environ.get("CONSUL_HTTP_TOKEN_FILE")
    if named:
        try:
            text = read_file((root / named).expanduser(), _MOST_BYTES, pipes=True).decode().strip()
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "not a text file"
            raise Failure(
                Cause.CREDENTIALS,
                f"no token for the state in Consul: {named}: {why}",
                hint="CONSUL_HTTP_TOKEN_FILE names it",
            ) from None
        if text:
            return Secret(text)
    return Secret(environ["CONSUL_HTTP_TOKEN"]) if environ.get("CONSUL_HTTP_TOKEN") else None
