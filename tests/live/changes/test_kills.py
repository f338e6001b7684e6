"""An apply on real servers that is killed at one of its requests: the next one goes on, and the audit log is
whole and says what happened.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.backends.commands.relay import Relay, relay
from tests.support.agents import Agent
from tests.support.command.lab import CommandLab
from tests.support.patience import LIMIT

pytestmark = pytest.mark.live
KILLS = int(os.environ.get("AUDIT_KILLS", "4"))
APPLY = ("apply", "--auto-approve")
LINKED = """
peerings: [{between: [dc1, dc2]}]
exports: {dc1: {api: [dc2]}}
intentions: {dc1: {api: [{from: web@dc2, action: allow}]}}
service_defaults: {dc1: {api: {protocol: http}, web: {protocol: http}}}
"""
APART = "service_defaults: {dc1: {api: {protocol: grpc}, pay: {protocol: http}}}\n"


class Struck:
    """Applies on two servers, of which the first is behind a relay, that are killed on their way."""

    def __init__(self, lab: CommandLab, server: Relay) -> None:
        self.lab = lab
        self._server = server
        self._declared = LINKED

    def turn(self) -> None:
        """Declare the other configuration, so that the next apply has work to do."""
        self._declared = APART if self._declared == LINKED else LINKED
        self.lab.declare(self._declared)

    def length(self) -> int:
        """Run an apply to its end; return how many requests it made."""
        self.turn()
        self._server.arm(0, lambda: True, answered=False)
        self.lab.run(*APPLY).expect(0)
        self._server.disarm()
        return self._server.seen

    def killed_at(self, number: int, *, answered: bool) -> bool:
        """Run an apply that is killed at this request, before it is passed on or once it was answered; say
        whether it came so far.
        """
        self.turn()
        started = threading.Event()
        pids: list[int] = []

        def strike() -> bool:
            assert started.wait(LIMIT)
            os.kill(pids[0], signal.SIGKILL)
            return False

        self._server.arm(number, strike, answered=answered)
        process = self.lab.start_warm(*APPLY)
        pids.append(process.pid)
        started.set()
        ended = self.lab.end(process)
        fired = self._server.fired
        self._server.disarm()
        assert ended.code == (-signal.SIGKILL if fired else 0), ended.text
        return fired

    def outcomes(self) -> list[str]:
        """Return how the runs in the audit log ended, oldest first; the log is whole."""
        self.lab.run("audit", "verify").expect(0, "is whole")
        listed = self.lab.run("audit", "list", "--json").expect(0).value()
        return [one["outcome"] for one in listed["entries"]]


@pytest.fixture
def struck(trio: list[Agent], tmp_path: Path) -> Iterator[Struck]:
    port = urlsplit(trio[0].address).port
    assert port is not None
    with relay(port) as server:
        urls = {"dc1": f"http://127.0.0.1:{server.port}", "dc2": trio[1].address}
        lab = CommandLab(tmp_path, urls)
        yield Struck(lab, server)
        lab.run("destroy", "--auto-approve").expect(0)


def test_a_killed_apply_is_gone_on_from_and_the_audit_log_is_whole(struck: Struck) -> None:
    lengths = [struck.length(), struck.length()]
    kills = 0
    for number in range(KILLS):
        at = max(1, lengths[number % 2] * (number + 1) // (KILLS + 1))
        before = struck.outcomes()
        kills += struck.killed_at(at, answered=bool(number // 2 % 2))

        struck.lab.run(*APPLY).expect(0)

        struck.lab.run("plan", "--detailed-exitcode").expect(0)
        since = struck.outcomes()[len(before) :]
        assert since in (["unexpected", "applied"], ["unexpected"], ["applied"]), (at, since)
    assert kills == KILLS
    struck.lab.run("state", "verify").expect(0)
    assert "unexpected" in struck.outcomes()
