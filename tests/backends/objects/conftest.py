from __future__ import annotations

import os
import uuid

import pytest

from tests.backends.objects.suite import Through
from tests.backends.servers.s3 import CREDENTIALS, s3_server
from tests.backends.suite import Connect

__all__ = ["s3_server"]


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the process the credentials of the servers here, and none of this machine's."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "GOOGLE_", "AZURE_"))]:
        monkeypatch.delenv(name)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def through(request: pytest.FixtureRequest) -> Through:
    """Give connections to a place that no other test uses, by the module's `backend(port, prefix)`."""
    backend, prefix = request.module.backend, f"tests/{uuid.uuid4()}"
    return lambda port: backend(port, prefix)  # type: ignore[no-any-return]


@pytest.fixture
def connect(port: int, through: Through) -> Connect:
    return lambda: through(port)
