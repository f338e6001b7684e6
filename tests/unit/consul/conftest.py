from __future__ import annotations

import pytest

from tests.support.virtual import Clock


@pytest.fixture(autouse=True)
def _no_waiting(clock: Clock) -> None:
    """Waits take no time here: the sandbox and the provider share a virtual clock."""
