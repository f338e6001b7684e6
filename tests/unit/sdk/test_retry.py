"""When a call is repeated, and when no more: by the type of its error, and never beyond its deadline."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from unittest.mock import patch

import pytest

from reconciler.sdk.errors import Ambiguous, Invalid, NotSent, ProviderError, Refused
from reconciler.sdk.http.repeating import repeated
from reconciler.sdk.http.retry import RetryPolicy
from tests.support.tables import each
from tests.support.virtual import CLOCK, Clock


@pytest.fixture(autouse=True)
def no_pause(clock: Clock) -> Iterator[None]:
    with patch.object(RetryPolicy, "pause", lambda *_: 0.0):
        yield


async def attempts(error: ProviderError, *, most: int = 20, left: float = 60.0, **given: bool) -> int:
    """Return how often a call is made that ends with this error each time, `most` at the most."""
    made = 1

    async def attempt() -> None:
        nonlocal made
        made += 1
        if made < most:
            raise error

    policy = RetryPolicy(
        is_write=given.pop("is_write", False),
        deadline=CLOCK.now + left,
        known=given.pop("known", True),
        **given,
    )
    if policy.allows(error):
        with suppress(type(error)):
            await repeated(attempt, error, policy)
    return made


@each(
    ("error", "given", "number"),
    [
        (NotSent("x"), {}, 5),
        (NotSent("x"), {"known": False}, 2),
        (NotSent("x"), {"known": False, "quick": False}, 1),
        (NotSent("x"), {"tried": True}, 1),
        (Ambiguous("x"), {}, 4),
        (Ambiguous("x"), {"is_write": True}, 1),
        (Refused("x"), {}, 20),
        (Refused("x"), {"is_write": True}, 20),
        (Refused("x"), {"looks_first": True}, 1),
        (Invalid("x"), {}, 1),
    ],
    ids=str,
)
async def test_the_type_of_the_error_decides(
    error: ProviderError, given: dict[str, bool], number: int
) -> None:
    assert await attempts(error, **given) == number


async def test_nothing_is_repeated_where_the_server_asks_for_more_time_than_there_is() -> None:
    error = Refused("x")
    error.retry_after = 120.0
    assert await attempts(error) == 1


async def test_an_error_of_another_type_ends_it() -> None:
    made: list[int] = []

    async def attempt() -> None:
        made.append(1)
        raise Invalid("no") if len(made) == 2 else Refused("wait")

    policy = RetryPolicy(is_write=False, deadline=CLOCK.now + 60, known=True)
    with pytest.raises(Invalid):
        await repeated(attempt, Refused("wait"), policy)
    assert len(made) == 2
