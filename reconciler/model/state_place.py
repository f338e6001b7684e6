"""Where a state is kept: the `state` section of `reconciler.yaml`, one type for each backend.

None of them has a credential. Those come from each server's own places: `CONSUL_HTTP_TOKEN`, `PG*`, the
chains of the clouds, `RECONCILER_HTTP_PASSWORD`. Paths of files are as written: relative to the
configuration.
"""

from __future__ import annotations

import re
from typing import ClassVar
from urllib.parse import urlsplit

from reconciler.sdk.dataclass import dataclass

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")  # of two slashes a path keeps one


@dataclass(frozen=True, slots=True)
class LocalPlace:
    """A directory; a relative `path` is relative to the configuration."""

    backend: ClassVar[str] = "local"
    path: str = "state"

    @property
    def shown(self) -> str:
        """Return the place for people."""
        return self.path


@dataclass(frozen=True, slots=True)
class ConsulPlace:
    """Consul's KV store below the key prefix `path`. No `address`: that of `CONSUL_HTTP_ADDR`."""

    backend: ClassVar[str] = "consul"
    path: str
    address: str | None = None
    datacenter: str | None = None
    partition: str | None = None
    namespace: str | None = None
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    server_name: str | None = None
    allow_plaintext: bool = False

    @property
    def shown(self) -> str:
        """Return the place for people."""
        return f"consul://{_host(self.address)}/{self.path}" if self.address else f"consul:{self.path}"


@dataclass(frozen=True, slots=True)
class PostgresPlace:
    """A schema of a PostgreSQL database: that of `PG*`, or of the connection string in variable `dsn_env`.

    A schema can hold several states, each of another `name`.
    """

    backend: ClassVar[str] = "postgres"
    schema: str
    dsn_env: str | None = None
    name: str = "default"

    @property
    def shown(self) -> str:
        """Return the place for people."""
        return f"postgres:{self.schema}/{self.name}"


@dataclass(frozen=True, slots=True)
class _BucketPlace:
    """A bucket below `prefix`, of the cloud itself or with `endpoint` of a server that speaks its API.

    `allow_plaintext`: whether an `http://` endpoint on another machine may be used.
    """

    bucket: str
    prefix: str
    endpoint: str | None = None
    allow_plaintext: bool = False


@dataclass(frozen=True, slots=True)
class S3Place(_BucketPlace):
    """A bucket of Amazon S3.

    `path_style`: whether the bucket's name is part of the path, not of the host's name; `None` where the
    backend decides.
    """

    backend: ClassVar[str] = "s3"
    region: str | None = None
    path_style: bool | None = None

    @property
    def shown(self) -> str:
        """Return the place for people."""
        return f"s3://{self.bucket}/{self.prefix}"


@dataclass(frozen=True, slots=True)
class GcsPlace(_BucketPlace):
    """A bucket of Google Cloud Storage."""

    backend: ClassVar[str] = "gcs"

    @property
    def shown(self) -> str:
        """Return the place for people."""
        return f"gs://{self.bucket}/{self.prefix}"


@dataclass(frozen=True, slots=True)
class AzurePlace:
    """A container of Azure Blob Storage, or with `endpoint` of a server that speaks its API."""

    backend: ClassVar[str] = "azure"
    account: str
    container: str
    prefix: str
    endpoint: str | None = None
    allow_plaintext: bool = False

    @property
    def shown(self) -> str:
        """Return the place for people."""
        return f"azure://{self.account}/{self.container}/{self.prefix}"


@dataclass(frozen=True, slots=True)
class HttpPlace:
    """A server that speaks the protocol of Terraform's `http` backend.

    `lock_address` and `unlock_address` are `address` where they are `None`. The password is that of
    `RECONCILER_HTTP_PASSWORD`.
    """

    backend: ClassVar[str] = "http"
    address: str
    update_method: str = "POST"
    lock_address: str | None = None
    lock_method: str = "LOCK"
    unlock_address: str | None = None
    unlock_method: str = "UNLOCK"
    username: str | None = None
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    server_name: str | None = None
    allow_plaintext: bool = False

    @property
    def shown(self) -> str:
        """Return the place for people: without the query, which may hold a signature."""
        return self.address.partition("?")[0]


StatePlace = LocalPlace | ConsulPlace | PostgresPlace | S3Place | GcsPlace | AzurePlace | HttpPlace
PLACES: tuple[type[StatePlace], ...] = (
    LocalPlace,
    ConsulPlace,
    PostgresPlace,
    S3Place,
    GcsPlace,
    AzurePlace,
    HttpPlace,
)


def is_address(path: str) -> bool:
    """Say whether what should be the path of a directory is a server's address."""
    return _ADDRESS.match(path) is not None


def _host(address: str) -> str:
    return urlsplit(address).netloc.rpartition("@")[2]
