"""Azurite, Microsoft's server for Azure Blob Storage."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from tests.backends.servers.binaries import needed
from tests.support.patience import answers, wait_for
from tests.support.processes import ended, free_port, started

ACCOUNT, CONTAINER = "devstoreaccount1", "states"
KEY = base64.b64encode(b"a key of this test server's own, no secret").decode()


@contextmanager
def azurite(folder: Path) -> Iterator[int]:
    """The port of a server with the container `CONTAINER`."""
    program, port = needed("azurite-blob"), free_port()
    where = ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(folder / "data")]
    flags = ["--silent", "--skipApiVersionCheck", "--disableTelemetry"]
    os.environ["AZURITE_ACCOUNTS"] = f"{ACCOUNT}:{KEY}"
    try:
        process = started([str(program), *where, *flags], folder / "log")
    finally:
        del os.environ["AZURITE_ACCOUNTS"]
    try:
        wait_for(answers(lambda: _create(port) == 201), (folder / "log").read_text)
        yield port
    finally:
        ended(process)


def _create(port: int) -> int:
    """Create the container by a signed request."""
    date = format_datetime(datetime.now(UTC), usegmt=True)
    headers = {"x-ms-date": date, "x-ms-version": "2023-11-03"}
    signed = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
    path = f"/{ACCOUNT}/{CONTAINER}"
    text = "PUT" + "\n" * 12 + f"{signed}/{ACCOUNT}{path}\nrestype:container"
    signature = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()
    headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(signature).decode()}"
    url = f"http://127.0.0.1:{port}{path}?restype=container"
    request = urllib.request.Request(url, method="PUT", headers={**headers, "Content-Length": "0"})
    with urllib.request.urlopen(request) as answer:
        return int(answer.status)
