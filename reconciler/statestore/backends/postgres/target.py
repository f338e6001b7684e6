"""Where the database is, and whose place in it is meant."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import field

from reconciler.model.state_place import PostgresPlace
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.secrets.secret import Secret
from reconciler.statestore.backends.postgres import failures
from reconciler.statestore.backends.postgres.connection import Connection, parsed, variables

_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_SECRETS = frozenset({"password", "sslpassword"})
_SAID = ("host", "port", "dbname", "service")


@dataclass(frozen=True, slots=True)
class Target:
    """A schema in a database, and the name of a state in it.

    `parts` are what the connection string and the variables of libpq say; the rest comes from its files.
    `options` are command-line options for the server.
    """

    schema: str
    name: str
    parts: Mapping[str, str] = field(repr=False)
    options: str = ""
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where the state is, for people."""
        host = self.said.get("host") or self.said.get("service") or "localhost"
        port = f":{self.said['port']}" if self.said.get("port") else ""
        database = f"/{self.said['dbname']}" if self.said.get("dbname") else ""
        return f"postgres://{host}{port}{database} ({self.schema}.{self.name})"

    @property
    def key(self) -> int:
        """The number of the advisory lock: 64 bits, signed."""
        digest = hashlib.sha256(f"reconciler\0{self.schema}\0{self.name}".encode()).digest()
        return int.from_bytes(digest[:8], signed=True)

    async def connect(self, name: str, idle: float | None = None) -> Connection:
        """Open a session. Raises `Failure`."""
        return await Connection.open(self.place, self.parts, self.options, name, idle)


def target(place: PostgresPlace, environ: Mapping[str, str]) -> Target:
    """Return what the settings and the environment say. Raises `Failure`; connects to nothing."""
    if not _SCHEMA.fullmatch(place.schema):
        raise failures.bad_schema(place.schema)
    known, parts = variables(environ), _parts(place.dsn_env, environ)
    if not (parts.get("service") or known.get("service")):
        parts = known | parts  # a service comes before the variables: libpq puts them together then
    for value in (each[key] for each in (known, parts) for key in _SECRETS & each.keys()):
        Secret(value)  # no output has it from now on
    options = parts.pop("options", known.get("options", ""))
    said = {key: parts.get(key) or known.get(key, "") for key in _SAID}
    return Target(place.schema, place.name, parts, options, said)


def _parts(dsn_env: str | None, environ: Mapping[str, str]) -> dict[str, str]:
    if dsn_env is None:
        return {}
    dsn = environ.get(dsn_env, "")
    if not dsn:
        raise failures.no_dsn(dsn_env)
    if _is_cut_wrongly(dsn):
        raise failures.unescaped_dsn(dsn_env)
    try:
        return parsed(dsn)
    except ValueError as error:
        raise failures.bad_dsn(dsn_env) from error


def _is_cut_wrongly(dsn: str) -> bool:
    """Say whether an `@` or `/` of the password is not escaped: a part of it would be taken for the host."""
    scheme, separator, rest = dsn.partition("://")
    if not separator or scheme not in ("postgres", "postgresql"):
        return False
    authority, _, path = rest.partition("?")[0].partition("/")
    return authority.count("@") > 1 or "@" in path
