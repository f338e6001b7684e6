"""A state moves from each server to each, with all generations; the place that it left names the new one."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

from reconciler.app.migrating import moved
from reconciler.model.state import Recorded
from reconciler.model.state_place import HttpPlace, StatePlace
from reconciler.sdk.address import Address
from reconciler.statestore.factory import open_store
from reconciler.statestore.ports import StateStore
from reconciler.statestore.text.kept import MovedAway
from tests.backends.everywhere import EVERYWHERE, credentials, fresh, served
from tests.backends.http.server import StateServer, serving
from tests.support.command.lab import CommandLab
from tests.support.command.servers import sandbox

Servers = Mapping[str, tuple[StatePlace, Mapping[str, str]]]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """All servers at once; real Consuls where there are some."""
    found = {}
    with ExitStack() as stack:
        for number, name in enumerate(EVERYWHERE):
            try:
                folder = tmp_path_factory.mktemp("servers") / str(number)
                found[name] = stack.enter_context(served(name, folder))
            except pytest.skip.Exception:
                continue
        environ = {key: value for _, given in found.values() for key, value in given.items()}
        with credentials(environ):
            yield {name: (place, environ) for name, (place, _) in found.items()}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


async def filled(store: StateStore) -> None:
    for version in range(3):
        session = await store.open("apply")
        await session.applied(Recorded(Address("peering", "dc1", "dc2"), {}, "consul", version=version))
        await session.commit()
        await session.close()


async def test_every_pair(servers: Servers, tmp_path: Path) -> None:
    pairs = list(itertools.permutations(servers, 2))
    assert len(pairs) >= 20
    for source, target in pairs:
        with ExitStack() as stack:
            one, two = (elsewhere(stack, *servers[name]) for name in (source, target))
            environ = servers[source][1]
            old, new = (open_store(place, root=tmp_path, environ=environ) for place in (one, two))
            await filled(old)
            state = await old.read()
            done = await moved(old, new, lambda owner: owner)
            assert done.serials == (1, 2, 3), (source, target)
            assert await new.read() == state, (source, target)
            assert [kept.serial for kept in await new.history()] == [3, 2, 1], (source, target)
            for reading in (old.read, old.history, lambda old=old: old.open("apply")):
                with pytest.raises(MovedAway) as caught:
                    await reading()
                assert caught.value.to == new.place, (source, target)


def elsewhere(stack: ExitStack, place: StatePlace, environ: Mapping[str, str]) -> StatePlace:
    """Return a place that is empty."""
    if isinstance(place, HttpPlace):
        return HttpPlace(stack.enter_context(serving(StateServer())).address)
    return fresh(place)


def test_the_command_goes_round(servers: Servers, stack: ExitStack, tmp_path: Path) -> None:
    """From one to the next, and back to the first: each place that was left names where the state is."""
    clusters = stack.enter_context(sandbox("dc1"))
    places = {name: elsewhere(stack, *found) for name, found in servers.items()}
    lab = CommandLab(tmp_path, clusters.urls, dict(next(iter(servers.values()))[1]))
    lab.declare("config_entries: {dc1: [{Kind: service-defaults, Name: api, Protocol: http}]}\n")
    lives_in(lab, places["local"])
    lab.run("apply", "--auto-approve").expect(0)
    route = [*places, "local"]
    for _, target in itertools.pairwise(route):
        keys = section(places[target])
        words = ",".join(f"{key}={value}" for key, value in keys.items())
        said = lab.run("state", "migrate", "--to", words).expect(0, "Moved the state from ").text
        to = re.search(r" to (\S+(?: \(\S+\))?): \d+ generation", said)
        assert to is not None, said
        lab.run("plan").expect(4, "the state was moved from ", to[1])
        lives_in(lab, places[target])
        lab.run("plan", "--detailed-exitcode").expect(0)
        assert json.loads(lab.run("state", "pull").expect(0).out)["serial"] >= 1
        lab.run("state", "verify").expect(0)


def lives_in(lab: CommandLab, place: StatePlace) -> None:
    lab.write(yaml.safe_dump({"state": section(place)}), "reconciler.yaml")


def section(place: StatePlace) -> dict[str, object]:
    values = {key: value for key, value in asdict(place).items() if value not in (None, False)}
    return {"backend": place.backend, **values}
