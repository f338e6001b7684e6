"""The door to boto3: credentials of a profile in `~/.aws`, which obstore does not read."""

from __future__ import annotations

from typing import Any

import boto3
import botocore.exceptions
from obstore.auth.boto3 import Boto3CredentialProvider


def provider() -> tuple[Any, str | None]:
    """Return a provider of credentials and the profile's region. Raises `ValueError` where it has none."""
    try:
        session = boto3.Session()
        return Boto3CredentialProvider(session), session.region_name
    except botocore.exceptions.BotoCoreError as error:
        raise ValueError(str(error)) from error
