"""The door to boto3: credentials of a profile in `~/.aws`, which obstore does not read."""

from __future__ import annotations

from typing import Any

import boto3
import botocore.exceptions
from obstore.auth.boto3 import Boto3CredentialProvider

from reconciler.sdk.secrets.secret import Secret


class _Remembered(Boto3CredentialProvider):
    """Gives credentials that no output has from then on."""

    def __call__(self) -> Any:
        found: Any = super().__call__()
        for name in ("secret_access_key", "token"):
            if found.get(name):
                Secret(found[name])
        return found


def provider() -> tuple[Any, str | None]:
    """Return a provider of credentials and the profile's region. Raises `ValueError` where it has none."""
    try:
        session = boto3.Session()
        return _Remembered(session), session.region_name
    except botocore.exceptions.BotoCoreError as error:
        raise ValueError(str(error)) from error
