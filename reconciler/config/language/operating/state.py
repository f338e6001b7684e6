"""The forms of `state` in `reconciler.yaml`, one for each backend, and hints for keys that are not theirs."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from reconciler.config.language.base import Strict

Text = Annotated[str, StringConstraints(min_length=1)]


class LocalState(Strict):
    """A directory of this machine."""

    backend: Literal["local"] = "local"
    path: Text


class ConsulState(Strict):
    """Consul's KV store."""

    backend: Literal["consul"]
    path: Text
    address: Text | None = None
    datacenter: Text | None = None
    partition: Text | None = None
    namespace: Text | None = None
    ca_file: Text | None = None
    cert_file: Text | None = None
    key_file: Text | None = None
    server_name: Text | None = None
    allow_plaintext: bool = False


class PostgresState(Strict):
    """A schema of a PostgreSQL database."""

    backend: Literal["postgres"]
    schema_: Text = Field(alias="schema")
    name: Text | None = None
    dsn_env: Text | None = None


class S3State(Strict):
    """A bucket of Amazon S3, or of a server that speaks its API."""

    backend: Literal["s3"]
    bucket: Text
    prefix: Text
    region: Text | None = None
    endpoint: Text | None = None
    path_style: bool | None = None
    allow_plaintext: bool = False


class GcsState(Strict):
    """A bucket of Google Cloud Storage."""

    backend: Literal["gcs"]
    bucket: Text
    prefix: Text
    endpoint: Text | None = None
    allow_plaintext: bool = False


class AzureState(Strict):
    """A container of Azure Blob Storage."""

    backend: Literal["azure"]
    account: Text
    container: Text
    prefix: Text
    endpoint: Text | None = None
    allow_plaintext: bool = False


class HttpState(Strict):
    """A server that speaks the protocol of Terraform's `http` backend."""

    backend: Literal["http"]
    address: Text
    update_method: Text = "POST"
    lock_address: Text | None = None
    lock_method: Text = "LOCK"
    unlock_address: Text | None = None
    unlock_method: Text = "UNLOCK"
    username: Text | None = None
    ca_file: Text | None = None
    cert_file: Text | None = None
    key_file: Text | None = None
    server_name: Text | None = None
    allow_plaintext: bool = False


class OtherState(Strict, extra="ignore"):
    """A backend that does not exist: one problem, at its name."""

    backend: Literal["local", "consul", "postgres", "s3", "gcs", "azure", "http"]


_FORMS: Mapping[str, type[Strict]] = {
    "local": LocalState,
    "consul": ConsulState,
    "postgres": PostgresState,
    "s3": S3State,
    "gcs": GcsState,
    "azure": AzureState,
    "http": HttpState,
}


def _backend(value: Any) -> str:
    backend = value.get("backend", "local") if isinstance(value, Mapping) else "local"
    return f"<{backend}>" if isinstance(backend, str) and backend in _FORMS else "<other>"


StateForm = Annotated[
    Annotated[LocalState, Tag("<local>")]
    | Annotated[ConsulState, Tag("<consul>")]
    | Annotated[PostgresState, Tag("<postgres>")]
    | Annotated[S3State, Tag("<s3>")]
    | Annotated[GcsState, Tag("<gcs>")]
    | Annotated[AzureState, Tag("<azure>")]
    | Annotated[HttpState, Tag("<http>")]
    | Annotated[OtherState, Tag("<other>")],
    Discriminator(_backend),
]

_SECRETS = (
    "token",
    "password",
    "secret",
    "accesskey",
    "accountkey",
    "sas",
    "dsn",
    "connection",
    "credential",
)
_SOURCES = {
    "local": "a directory needs no credential",
    "consul": "set CONSUL_HTTP_TOKEN or CONSUL_HTTP_TOKEN_FILE",
    "postgres": "set PGPASSWORD, PGPASSFILE or PGSERVICE, or name the variable with the connection string: "
    "dsn_env: STATE_DSN",
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use another source that AWS tools know",
    "gcs": "set GOOGLE_APPLICATION_CREDENTIALS, or use another source that Google's tools know",
    "azure": "set AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN, or use another source that Azure's "
    "tools know",
    "http": "set RECONCILER_HTTP_PASSWORD; username may be here",
}
_EXAMPLES = {
    ("local", "path"): "as in state: {path: state}",
    ("consul", "path"): "as in path: reconciler/production; the state's keys begin with it",
    ("postgres", "schema"): "as in schema: reconciler",
    ("s3", "bucket"): "as in bucket: my-states",
    ("gcs", "bucket"): "as in bucket: my-states",
    ("azure", "account"): "as in account: mystorageaccount",
    ("azure", "container"): "as in container: states",
    ("http", "address"): "as in address: https://states.example.com/production",
}
_PREFIX = "as in prefix: reconciler/production; the names of all objects of the state begin with it"


def hint_for_key(key: str, holder: object) -> str:
    """Return what to write for an unknown key of `state`, whose value is `holder`."""
    backend = _backend(holder).strip("<>")
    if names_secret(key):
        return f"credentials are never written here: {_SOURCES.get(backend, '')}"
    others = [name for name, form in _FORMS.items() if key in _keys(form)]
    if others and isinstance(holder, Mapping) and "backend" not in holder:
        return f"add backend: {' or '.join(others)}"
    known = _keys(_FORMS.get(backend, OtherState))
    near = get_close_matches(key, known, 1) if not others else ()
    return f'did you mean "{near[0]}"?' if near else f"keys of the backend {backend}: {', '.join(known)}"


def names_secret(key: str) -> bool:
    """Say whether a key looks as if its value were a credential."""
    plain = key.lower().replace("_", "").replace("-", "")
    return any(word in plain for word in _SECRETS)


def example(key: str, holder: object) -> str:
    """Return how to write a key of `state` that is missing."""
    return _EXAMPLES.get((_backend(holder).strip("<>"), key), _PREFIX if key == "prefix" else "")


def _keys(form: type[Strict]) -> list[str]:
    return [field.alias or name for name, field in form.model_fields.items()]
