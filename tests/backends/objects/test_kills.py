"""Writers that are killed at any moment."""

from __future__ import annotations

from pathlib import Path

from reconciler.model.state_place import S3Place
from tests.backends.kills import survives_kills
from tests.backends.servers.s3 import BUCKET, CREDENTIALS, S3Server


async def test_what_must_last_does(s3_server: S3Server) -> None:
    place = S3Place(BUCKET, "kills", region="us-east-1", endpoint=s3_server.endpoint)
    await survives_kills(place, Path(), CREDENTIALS)
