"""Where buckets are, and whose credentials count: those of each cloud's own places.

The library reads the variables of the process itself (`AWS_*`, `GOOGLE_*`, `AZURE_*`); here is what it does
not know of: profiles of AWS tools, and plain HTTP, which is left to this machine unless it is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reconciler.model.state_place import AzurePlace, GcsPlace, S3Place
from reconciler.sdk.secrets.secret import Secret
from reconciler.statestore.backends.objects import failures
from reconciler.statestore.backends.objects.backend import ObjectBackend
from reconciler.statestore.backends.objects.client import Client
from reconciler.statestore.backends.objects.failures import Bucket

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE")
_CONTAINERS = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
_ENDPOINTS: Mapping[str, tuple[str, ...]] = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "gcs": ("GOOGLE_BASE_URL",),
    "azure": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
}
_KEY_OF_ENDPOINT = {"s3": "endpoint", "gcs": "base_url", "azure": "endpoint"}
_SECRET = re.compile("(AWS|GOOGLE|AZURE)_.*(SECRET|TOKEN|KEY|SAS).*")
_HARMLESS = ("_ID", "_FILE", "_URI", "_PATH")  # no credentials themselves
_PATIENCE = {"timeout": "20s", "connect_timeout": "5s"}


Place = S3Place | GcsPlace | AzurePlace


def connect(place: Place, environ: Mapping[str, str], root: Path) -> ObjectBackend:
    """Return the backend of a state in this bucket; nothing is asked yet. Raises `Failure`."""
    name = place.container if isinstance(place, AzurePlace) else place.bucket
    bucket = Bucket(place.backend, place.shown, name)
    _remember(environ)
    arguments = _endpoint(bucket, place, environ)
    if isinstance(place, S3Place):
        arguments |= _of_s3(bucket, place, environ)
    if isinstance(place, AzurePlace):
        arguments["account_name"] = place.account
    return ObjectBackend(Client(bucket, place.prefix, arguments))


def _remember(environ: Mapping[str, str]) -> None:
    """Let no output have the credentials of clouds, also where a server repeats what it was sent."""
    for name, value in environ.items():
        if value and _SECRET.fullmatch(name) and not name.endswith(_HARMLESS):
            Secret(value)


def _endpoint(bucket: Bucket, place: Place, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments that say where the server is and how long to wait for it."""
    names = _ENDPOINTS[place.backend]
    address = place.endpoint or next(filter(None, map(environ.get, names)), None)
    if address is None:
        return {"client_options": _PATIENCE}
    plain = urlsplit(address).scheme == "http"
    if plain and not place.allow_plaintext and not _is_loopback(address):
        raise failures.plaintext(bucket, _without_credentials(address))
    if isinstance(place, S3Place) and place.path_style is False:
        address = address.replace("://", f"://{place.bucket}.", 1)
    options = _PATIENCE | {"allow_http": plain}
    return {_KEY_OF_ENDPOINT[place.backend]: address.rstrip("/"), "client_options": options}


def _of_s3(bucket: Bucket, place: S3Place, environ: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"virtual_hosted_style_request": place.path_style is False}
    if not any(environ.get(name) for name in _KEYS + _CONTAINERS) and _has_profiles(environ):
        found |= _of_profile(bucket)
    if place.region:
        found["region"] = place.region
    return found


def _has_profiles(environ: Mapping[str, str]) -> bool:
    """Say whether the files of AWS tools say whose credentials to use."""
    home = Path(environ.get("HOME", "/")) / ".aws"
    files = (
        Path(environ.get("AWS_SHARED_CREDENTIALS_FILE", home / "credentials")),
        Path(environ.get("AWS_CONFIG_FILE", home / "config")),
    )
    return "AWS_PROFILE" in environ or any(file.is_file() for file in files)


def _of_profile(bucket: Bucket) -> dict[str, Any]:
    """Return the arguments for a profile, read by AWS's own library: keys, roles, single sign-on."""
    try:
        from reconciler.statestore.backends.objects.profiles import provider

        credentials, region = provider()
    except (ImportError, ValueError) as error:
        raise failures.unusable(bucket, error) from error
    return {"credential_provider": credentials} | ({"region": region} if region else {})


def _is_loopback(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _without_credentials(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
