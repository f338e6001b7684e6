"""What callers notice of the interim steps of a plan, while they go on calling."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from reconciler import app
from reconciler.sdk.foresight import Way
from tests.traffic.stage.client import Client
from tests.traffic.stage.configured import Configured

HTTP = "service_defaults: {dc1: {api: {protocol: http}}}\nexports: {dc1: {api: [dc2]}}\n"
CALLERS = ("web@dc1 -> api", "web@dc2 -> api@dc1")


def subset(name: str) -> str:
    """The service has one subset, and its splitter sends all requests there."""
    return f"""
config_entries: {{dc1: [{{Kind: service-resolver, Name: api, Subsets: {{{name}: {{}}}}}}]}}
splits: {{dc1: {{api: [{{to: api, service_subset: {name}, weight: 100}}]}}}}
"""


@contextmanager
def calling(client: Client, *requests: str) -> Iterator[Counter[tuple[str, str]]]:
    """Call all the time, and count what comes of it."""
    seen: Counter[tuple[str, str]] = Counter()
    over = threading.Event()

    def call(text: str) -> None:
        while not over.wait(0.005):
            seen[text, client.answer(text)] += 1

    threads = [threading.Thread(target=call, args=(text,)) for text in requests]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join()


def ways(done: app.ApplyResult) -> list[tuple[str, Way]]:
    """The interim steps of a run."""
    return [(str(c.address), c.interim.way) for c in done.plan.actions if c.interim is not None]


def test_no_request_is_lost_while_a_subset_is_renamed(configured: Configured, client: Client) -> None:
    configured.apply(HTTP, subset("v1"))
    client.expect(dict.fromkeys(CALLERS, "api@dc1"))

    with calling(client, *CALLERS) as seen:
        renamed = configured.apply(HTTP, subset("v2"))
        client.expect(dict.fromkeys(CALLERS, "api@dc1"))
        back = configured.apply(HTTP, subset("v1"))
        client.expect(dict.fromkeys(CALLERS, "api@dc1"))

    assert ways(renamed) == ways(back) == [("service_resolver.dc1/api", Way.WIDEN)]
    assert {answer for _, answer in seen} == {"api@dc1"}, seen
