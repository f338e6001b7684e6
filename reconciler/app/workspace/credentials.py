"""Credentials: from the environment, a file or a command. Where a token may go is decided in `binding`."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from reconciler.app.workspace.binding import check_binding
from reconciler.config.operating.settings import Credential
from reconciler.model.desired import Cluster
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.failure import Cause, Failure
from reconciler.sdk.causes import out_of_files
from reconciler.sdk.consul import CONSUL
from reconciler.sdk.files import read_file
from reconciler.sdk.http.origins import is_loopback
from reconciler.sdk.provider import ClusterConfig
from reconciler.sdk.secrets.secret import Secret

COMMAND_TIMEOUT = 30.0  # seconds
_MAX_TOKEN_BYTES = 64 * 1024


def cluster_config(
    cluster: Cluster,
    credential: Credential | None,
    environ: Mapping[str, str],
    root: Path,
    known_address: str | None,
    strict: bool | None = None,
) -> ClusterConfig:
    """Return how to reach a cluster, its credentials included.

    `known_address` is where the state last saw it, `strict` the value of `strict_credentials` in
    `reconciler.yaml`. Raises `Failure` (credentials) where the token cannot be read or may not be sent to
    this address (`binding.Unbound`: no one has allowed it).
    """
    token = find_token(cluster.name, credential, environ, root)
    if token is not None:
        _check_transport(cluster, credential)
        check_binding(cluster, credential, environ, known_address, strict)
    return ClusterConfig(
        cluster.name,
        cluster.address,
        token,
        **_tls(cluster, credential, environ, root),
        partition=cluster.partition,
        namespace=cluster.namespace,
        edition=cluster.edition,
        options=cluster.options,
        version=cluster.version,
        default_intention=cluster.default_intention,
    )


def find_token(
    name: str, credential: Credential | None, environ: Mapping[str, str], root: Path
) -> Secret | None:
    """Return the token of a cluster: as `reconciler.yaml` says, else by the names of environment
    variables.
    """
    if credential is not None and credential.token_env is not None:
        if not environ.get(credential.token_env):
            raise _missing(name, f"the environment variable {credential.token_env} is not set")
        return Secret(environ[credential.token_env])
    if credential is not None and credential.token_file is not None:
        return _from_file(name, root / credential.token_file)
    if credential is not None and credential.token_command is not None:
        return _from_command(name, credential.token_command, root)
    for variable in _variables(name):
        if environ.get(variable):
            return Secret(environ[variable])
    return None


def ignored_token(
    clusters: Mapping[str, Cluster], credentials: Mapping[str, Credential], environ: Mapping[str, str]
) -> tuple[Diagnostic, ...]:
    """Return a warning where `CONSUL_HTTP_TOKEN` is set and a cluster has no token; it is sent to none."""
    if not environ.get("CONSUL_HTTP_TOKEN"):
        return ()
    bare = [
        name
        for name, cluster in clusters.items()
        if cluster.provider == CONSUL and not _has_token(name, credentials.get(name), environ)
    ]
    if not bare:
        return ()
    summary = f"CONSUL_HTTP_TOKEN is set and not used: no token is sent to {', '.join(bare)}"
    hint = f"name the cluster: {_variables(bare[0])[1]}, or credentials in reconciler.yaml"
    return (Diagnostic(Severity.WARNING, "ignored-token", summary, hint=hint),)


def _has_token(name: str, credential: Credential | None, environ: Mapping[str, str]) -> bool:
    own = credential
    named = own is not None and (own.token_env or own.token_file or own.token_command)
    return bool(named) or any(environ.get(variable) for variable in _variables(name))


def _variables(name: str) -> tuple[str, str]:
    """Return the environment variables that a cluster's token may be in, the stronger one first."""
    suffix = name.upper().replace("-", "_")
    return f"RECONCILER_TOKEN_{suffix}", f"CONSUL_HTTP_TOKEN_{suffix}"


def _missing(name: str, why: str) -> Failure:
    return Failure(
        Cause.CREDENTIALS, f"no token for {name}: {why}", hint="see `credentials` in reconciler.yaml"
    )


def _reason(error: OSError) -> str:
    return out_of_files(error) or error.strerror or type(error).__name__


def _from_file(name: str, path: Path) -> Secret:
    try:
        text = read_file(path.expanduser(), _MAX_TOKEN_BYTES, pipes=True).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = _reason(error) if isinstance(error, OSError) else "not a text file"
        raise _missing(name, f"{path}: {reason}") from None
    if not text:
        raise _missing(name, f"{path} is empty")
    return Secret(text)


def _from_command(name: str, command: tuple[str, ...], root: Path) -> Secret:
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own file names it
            command, cwd=root, capture_output=True, timeout=COMMAND_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise _missing(name, f"{command[0]} gave none within {COMMAND_TIMEOUT:.0f} s") from None
    except OSError as error:
        raise _missing(name, f"{command[0]} did not run: {_reason(error)}") from None
    text = done.stdout.decode(errors="replace").strip()
    if done.returncode != 0 or not text:
        raise _missing(name, f"{command[0]} gave none (exit {done.returncode})")
    return Secret(text)


def _check_transport(cluster: Cluster, credential: Credential | None) -> None:
    if urlsplit(cluster.address).scheme == "https" or is_loopback(cluster.address):
        return
    if credential is not None and credential.allow_plaintext:
        return
    raise Failure(
        Cause.CREDENTIALS,
        f"{cluster.name} would be sent its token in clear text ({cluster.address})",
        hint=f"use https, or set allow_plaintext: true under credentials.{cluster.name} in reconciler.yaml",
    )


def _tls(
    cluster: Cluster, credential: Credential | None, environ: Mapping[str, str], root: Path
) -> dict[str, str | None]:
    """Return the files for TLS: the operator's, else Consul's own environment variables."""
    own = credential
    given = {
        "ca_file": own.ca_file if own and own.ca_file else environ.get("CONSUL_CACERT") or None,
        "cert_file": own.cert_file if own and own.cert_file else environ.get("CONSUL_CLIENT_CERT") or None,
        "key_file": own.key_file if own and own.key_file else environ.get("CONSUL_CLIENT_KEY") or None,
    }
    out: dict[str, str | None] = {
        name: _existing(cluster.name, name, path, root) for name, path in given.items()
    }
    out["server_name"] = own.server_name if own and own.server_name else environ.get("CONSUL_TLS_SERVER_NAME")
    return out


def _existing(name: str, what: str, path: str | None, root: Path) -> str | None:
    if path is None:
        return None
    full = root / Path(path).expanduser()
    if not full.is_file():
        raise Failure(
            Cause.CREDENTIALS, f"the {what} of {name} is not a file: {full}", hint="no fallback is tried"
        )
    return str(full)
