"""What a change asks of a provider."""

from __future__ import annotations

from reconciler.engine.execution.steps import step
from reconciler.model.change import Action, Change
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Verb

WEB = Address("service_intentions", "dc1", "web")
OURS, REST = {"Sources": ["a", "b"]}, {"Sources": ["b"]}


def test_what_others_own_in_an_object_is_written_and_not_removed() -> None:
    released = step(Change(WEB, Action.DELETE, provider="memory", before=OURS, after=REST))
    assert (released.verb, released.after, released.removes) == (Verb.RELEASE, REST, True)


def test_an_object_that_is_ours_alone_is_removed() -> None:
    removed = step(Change(WEB, Action.DELETE, provider="memory", before=OURS))
    assert (removed.verb, removed.after, removed.removes) == (Verb.DELETE, None, True)


def test_an_update_removes_nothing() -> None:
    assert not step(Change(WEB, Action.UPDATE, provider="memory", before=OURS, after=REST)).removes
