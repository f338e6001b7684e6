"""The audit log of a state on a server: what it costs, and what is found where parts of it are lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.model.auditing.entry import Anchor, Begun, Ended
from reconciler.statestore.audit.lines import line_text
from reconciler.statestore.audit.reading import breaks, entries
from reconciler.statestore.audit.segments import AUDIT, IN_HEAD, NO_AUDIT, Audit
from reconciler.statestore.shared.head import HEAD, Head
from reconciler.statestore.shared.ports import Document
from reconciler.statestore.shared.store import SharedStore
from tests.backends.suite import MemoryServer
from tests.unit.statestore.audit.test_log import GRANTED, run
from tests.unit.statestore.samples import recorded

LONG = replace(GRANTED, broken_freeze="x" * 1000)


@pytest.fixture
def server() -> MemoryServer:
    return MemoryServer()


@pytest.fixture
def store(server: MemoryServer, tmp_path: Path) -> SharedStore:
    return SharedStore("memory:test", server.connect, rescue=tmp_path / "rescue")


async def test_an_entry_costs_no_request(server: MemoryServer, store: SharedStore) -> None:
    costs = []
    for logged in (False, True):
        before = server.requests
        session = await store.open("apply")
        if logged:
            await session.began(Begun())
        await session.intent(recorded(version=1 + logged, pending="create"))
        await session.applied(recorded(version=1 + logged))
        await session.commit(Ended("applied") if logged else None)
        await session.close()
        costs.append(server.requests - before)
    assert costs[0] == costs[1]


async def test_before_the_first_call_to_a_cluster_the_server_has_the_beginning_of_the_entry(
    server: MemoryServer, store: SharedStore
) -> None:
    """Also where that call may be repeated, so that no intent is written before it."""
    session = await store.open("apply")
    await session.began(Begun("1234-5678"))
    await session.check()
    (entry,) = entries((await store.audit()).lines)
    assert entry.begun.fingerprint == "1234-5678"
    before = server.requests
    await session.check()
    await session.check()
    assert server.requests - before <= 2  # once is enough: the rest are those that look at the lock


async def test_old_lines_leave_the_head(server: MemoryServer, store: SharedStore) -> None:
    for version in range(40):
        await run(store, version, LONG)
    head = Head.parse(server.documents[HEAD].data)
    segments = [key for key in server.documents if key.startswith(AUDIT)]
    assert sorted(segments) == list(head.audit.segments)
    assert len(segments) > 1
    assert sum(map(len, head.audit.lines)) <= 2 * IN_HEAD
    assert breaks(await store.audit(), {}) == []


def test_after_a_last_line_that_is_rubbish_the_numbers_go_on() -> None:
    lines = (line_text({"event": "recorded"}, 41, ""), "rubbish", "[]")
    assert Audit(("audit/000001-x",), lines).trail.last == Anchor(43, "")


def test_one_line_alone_stays_in_the_head_however_long_it_is() -> None:
    assert not Audit(lines=("x" * (IN_HEAD + 1),)).is_long
    assert Audit(lines=("x" * IN_HEAD, "y")).is_long


async def test_a_lost_document_of_it_is_named(server: MemoryServer, store: SharedStore) -> None:
    for version in range(40):
        await run(store, version, LONG)
    first = Head.parse(server.documents[HEAD].data).audit.segments[0]
    del server.documents[first]
    problems = [one.problem for one in breaks(await store.audit(), {})]
    assert problems[0] == f"{first} cannot be read: it is missing"
    assert problems[1].startswith("entries 1 to ")
    await run(store, 99)  # nothing of it stops a run


async def test_a_head_that_a_version_without_a_log_wrote_is_noticed(
    server: MemoryServer, store: SharedStore
) -> None:
    for version in range(40):
        await run(store, version, LONG)
    head = replace(Head.parse(server.documents[HEAD].data), audit=NO_AUDIT)
    server.documents[HEAD] = Document(head.document(), server.version())
    (found,) = breaks(await store.audit(), {})
    assert "the head has lost the log" in found.problem
