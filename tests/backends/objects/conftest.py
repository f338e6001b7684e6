from __future__ import annotations

import os

import pytest

from tests.backends.servers.s3 import CREDENTIALS, s3_server

__all__ = ["s3_server"]


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the process the credentials of the servers here, and none of this machine's."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "GOOGLE_", "AZURE_"))]:
        monkeypatch.delenv(name)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
