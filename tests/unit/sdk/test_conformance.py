"""The conformance kit: good providers pass it, and each broken one fails the check for its fault."""

from __future__ import annotations

import json
import logging
import os
import random
import tempfile
import unittest
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.emulator import ClusterSpec
from reconciler.emulator import World as Sandbox
from reconciler.emulator.serve.transport import SandboxTransport
from reconciler.sdk.address import Address
from reconciler.sdk.conformance import ProviderConformance, Sample, Subject
from reconciler.sdk.errors import Invalid, ProviderError
from reconciler.sdk.kinds import Kind, Rule
from reconciler.sdk.provider import (
    Applied,
    ClusterConfig,
    Observation,
    Present,
    Reading,
    Report,
    Settings,
    Step,
    Unknown,
    Verb,
    Wanted,
)
from reconciler_consul import ConsulProvider
from tests.support.memory import MemoryProvider, MemoryServers
from tests.support.tables import each
from tests.support.virtual import CLOCK

ADDRESS = Address("entry", "dc1", "api")
CLUSTERS = {name: ClusterConfig(name, f"http://{name}") for name in ("dc1", "dc2")}
SAMPLES = [
    Sample(Address("link", "dc1", "dc2"), {"Names": {"dc1": "a"}}, {"Names": {"dc1": "b"}}),
    Sample(ADDRESS, {"Size": 1}, {"Size": 2, "Open": True}, sensitive=("Note",)),
    Sample(
        Address("share", "dc1", "default"),
        {"Items": [{"Name": "api", "To": [{"Peer": "x"}]}]},
        {"Items": [{"Name": "api", "To": [{"Peer": "y"}]}]},
    ),
]


def subject(provider: type[MemoryProvider] = MemoryProvider) -> Subject:
    """A memory provider, or one with a fault, in a world of its own."""
    world, down = MemoryServers(), MemoryServers()
    down.down = {"dc1", "dc2"}
    return Subject(
        lambda clusters, settings: provider(world, clusters),
        CLUSTERS,
        SAMPLES,
        unreachable=lambda clusters: provider(down, clusters),
    )


def intentions(action: str) -> dict[str, Any]:
    """Intentions for api with one source."""
    return {"Kind": "service-intentions", "Name": "api", "Sources": [{"Name": "web", "Action": action}]}


class NobodyThere(httpx.AsyncBaseTransport):
    """A network in which no server listens."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused", request=request)


class TestMemory(ProviderConformance):
    """The provider in memory of the tests of the engine."""

    @pytest.fixture
    def subject(self) -> Subject:
        return subject()


class TestConsulOnTheSandbox(ProviderConformance):
    """The Consul provider: entries, an ACL policy and a peering."""

    @pytest.fixture
    def subject(self) -> Subject:
        specs = [ClusterSpec(name, port=8500 + 20 * i) for i, name in enumerate(CLUSTERS)]
        world = Sandbox(specs, clock=CLOCK, delays=False, rng=random.Random("conformance"))
        clusters = {name: ClusterConfig(name, world.url(name)) for name in CLUSTERS}
        samples = [
            Sample(
                Address("service_defaults", "dc1", "api"),
                {"Kind": "service-defaults", "Name": "api", "Protocol": "http"},
                {"Kind": "service-defaults", "Name": "api", "Protocol": "grpc", "Meta": {"a": "b"}},
                sensitive=("Meta.dsn",),
            ),
            Sample(
                Address("service_intentions", "dc1", "api"),
                {
                    "Kind": "service-intentions",
                    "Name": "api",
                    "Sources": [{"Name": "web", "Action": "allow"}],
                },
                {"Kind": "service-intentions", "Name": "api", "Sources": [{"Name": "web", "Action": "deny"}]},
            ),
            Sample(
                Address("service_resolver", "dc1", "api"),
                {"Kind": "service-resolver", "Name": "api", "ConnectTimeout": "90s"},
            ),
            Sample(
                Address("peering", "dc1", "dc2"),
                {"Acceptor": "dc1", "Dialer": "dc2", "Meta": {"a": "b"}},
                sensitive=("Meta.a",),
            ),
        ]
        settings = Settings(wait_timeout=3.0, transports=dict.fromkeys(CLUSTERS, SandboxTransport(world)))
        down = replace(settings, transports=dict.fromkeys(CLUSTERS, NobodyThere()))
        return Subject(
            ConsulProvider, clusters, samples, settings, unreachable=lambda given: ConsulProvider(given, down)
        )


class Overwrites(MemoryProvider):
    """Creates over what is there."""

    async def perform(self, step: Step, report: Report) -> Applied:
        if step.verb is Verb.CREATE:
            self.world.objects.pop(step.address, None)
        return await super().perform(step, report)


class Careless(MemoryProvider):
    """Updates whatever is there."""

    async def perform(self, step: Step, report: Report) -> Applied:
        return await super().perform(
            replace(step, expected_version=self.world.versions.get(step.address)), report
        )


class TakesUnknownForAbsent(MemoryProvider):
    """Says that nothing is there where it cannot read."""

    def _see(self, address: Address) -> Observation:
        seen = super()._see(address)
        return None if isinstance(seen, Unknown) else seen


class SaysItIsFinal(MemoryProvider):
    """Gives up for good where a cluster is only out of reach."""

    async def perform(self, step: Step, report: Report) -> Applied:
        if step.address.cluster in self.world.down:
            raise Invalid("no", cluster=step.address.cluster)
        return await super().perform(step, report)


class RaisesForAbsent(MemoryProvider):
    """Raises where nothing is there."""

    async def read(self, wanted: Sequence[Wanted]) -> Reading:
        for item in wanted:
            self.world.objects[item.address]
        return await super().read(wanted)


class DropsFields(MemoryProvider):
    """Forgets a part of what is written."""

    def _write(self, step: Step) -> Applied:
        body = {key: value for key, value in (step.after or {}).items() if key != "Size"}
        return super()._write(step if step.after is None else replace(step, after=body))


class Keeps(MemoryProvider):
    """Deletes nothing."""

    def _write(self, step: Step) -> Applied:
        return Applied() if step.after is None else super()._write(step)


class FailsOnGone(MemoryProvider):
    """Fails where what is to be deleted is gone."""

    async def perform(self, step: Step, report: Report) -> Applied:
        if step.after is None and step.address not in self.world.objects:
            raise ProviderError("404", cluster=step.address.cluster)
        return await super().perform(step, report)


class Restless(MemoryProvider):
    """Shows another version each time."""

    def _see(self, address: Address) -> Observation:
        seen = super()._see(address)
        if isinstance(seen, Present):
            self.requests += 1
            return replace(seen, version=seen.version + self.requests)
        return seen


class Unstable(MemoryProvider):
    """Has a rule whose form is never final."""

    def kind_of(self, type_: str) -> Kind | None:
        grows = Rule(opaque=True, reads=lambda value: f"{value}!")
        kind = super().kind_of(type_)
        return replace(kind, rule=Rule({"Size": grows})) if kind and type_ == "entry" else kind


class Tells(MemoryProvider):
    """Keeps a token as text."""

    def __init__(self, world: MemoryServers, clusters: Mapping[str, ClusterConfig]) -> None:
        super().__init__(world, clusters)
        self.tokens = [one.token.reveal() for one in clusters.values() if one.token]


class Scribbles(MemoryProvider):
    """Writes into what it was given."""

    async def read(self, wanted: Sequence[Wanted]) -> Reading:
        for item in wanted:
            if isinstance(item.last_known, dict):
                item.last_known["Seen"] = True
        return await super().read(wanted)


class LeavesOut(MemoryProvider):
    """Leaves out what is not there, instead of saying so."""

    async def read(self, wanted: Sequence[Wanted]) -> Reading:
        reading = await super().read(wanted)
        return replace(reading, objects={a: seen for a, seen in reading.objects.items() if seen is not None})


class OneIdentity(MemoryProvider):
    """Takes all clusters for one."""

    async def read(self, wanted: Sequence[Wanted]) -> Reading:
        self.world.ids = dict.fromkeys(self.clusters, "the same")
        return await super().read(wanted)


class HasEveryType(MemoryProvider):
    """Has a kind for whatever it is asked for."""

    def kind_of(self, type_: str) -> Kind | None:
        return super().kind_of(type_) or Kind(type_, 10)


class CountsBackwards(MemoryProvider):
    """Loses count."""

    async def read(self, wanted: Sequence[Wanted]) -> Reading:
        reading = await super().read(wanted)
        self.requests -= 100
        return reading


class Reports(MemoryProvider):
    """Reports what it writes."""

    async def perform(self, step: Step, report: Report) -> Applied:
        report(f"writing {step.after}")
        return await super().perform(step, report)


class Logs(MemoryProvider):
    """Logs what it writes."""

    async def perform(self, step: Step, report: Report) -> Applied:
        logging.getLogger("plugin").debug("body %s", step.after)
        return await super().perform(step, report)


class Prints(MemoryProvider):
    """Prints what it writes."""

    async def perform(self, step: Step, report: Report) -> Applied:
        print(step.after)
        return await super().perform(step, report)


class Quotes(MemoryProvider):
    """Quotes in an error what it would have written."""

    async def perform(self, step: Step, report: Report) -> Applied:
        try:
            return await super().perform(step, report)
        except ProviderError as error:
            raise type(error)(f"{error}: {step.after}", cluster=step.address.cluster) from None


class Boasts(MemoryProvider):
    """Has what it read in the status."""

    def _see(self, address: Address) -> Observation:
        seen = super()._see(address)
        return replace(seen, status=f"{seen.body}") if isinstance(seen, Present) else seen


class Repeats(MemoryProvider):
    """Gives a value back in another field, too."""

    def _see(self, address: Address) -> Observation:
        seen = super()._see(address)
        known = isinstance(seen, Present) and "Note" in seen.body
        return replace(seen, body={**seen.body, "Copy": seen.body["Note"]}) if known else seen


class Remembers(MemoryProvider):
    """Keeps what it wrote last, and shows it."""

    def _write(self, step: Step) -> Applied:
        self.last = step.after or getattr(self, "last", None)
        return super()._write(step)

    def __repr__(self) -> str:
        return f"Remembers({self.last})"


class Caches(MemoryProvider):
    """Keeps what it wrote in a file of its own."""

    def _write(self, step: Step) -> Applied:
        path = Path(tempfile.gettempdir()) / "reconciler-conformance-cache.json"
        path.with_suffix(".new").write_text(json.dumps(step.after))
        if step.after is not None and "Note" in step.after:
            os.replace(path.with_suffix(".new"), path)
        return super()._write(step)


FAULTS: list[tuple[type[MemoryProvider], str]] = [
    (HasEveryType, "test_types_have_kinds_of_their_name"),
    (OneIdentity, "test_a_cluster_says_who_it_is"),
    (RaisesForAbsent, "test_what_is_not_there_is_absent"),
    (LeavesOut, "test_what_is_not_there_is_absent"),
    (DropsFields, "test_what_is_created_needs_no_further_change"),
    (DropsFields, "test_an_update_needs_no_further_change"),
    (Keeps, "test_what_is_deleted_is_absent"),
    (FailsOnGone, "test_deleting_what_is_gone_is_harmless"),
    (Restless, "test_two_reads_are_equal"),
    (Unstable, "test_the_canonical_form_is_stable"),
    (Overwrites, "test_creating_never_overwrites"),
    (Careless, "test_an_outdated_update_is_a_conflict"),
    (TakesUnknownForAbsent, "test_what_cannot_be_read_is_unknown"),
    (SaysItIsFinal, "test_a_write_out_of_reach_may_be_repeated"),
    (Tells, "test_no_secret_is_shown"),
    (Scribbles, "test_what_is_given_stays_as_it_is"),
    (CountsBackwards, "test_requests_only_grow"),
    *(
        (one, "test_no_sensitive_value_is_shown")
        for one in (Reports, Logs, Prints, Quotes, Boasts, Repeats, Remembers)
    ),
    (Caches, "test_no_sensitive_value_is_kept"),
]


@each(("provider", "check"), FAULTS, ids=lambda value: getattr(value, "__name__", value))
def test_a_broken_provider_fails_the_check_of_its_fault(provider: type[MemoryProvider], check: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        getattr(ProviderConformance(), check)(subject(provider))


def test_each_check_has_a_provider_that_fails_it() -> None:
    checks = {name for name in dir(ProviderConformance) if name.startswith("test_")}
    elsewhere = {"test_it_is_a_provider", "test_schemas_take_the_samples"}
    assert checks - elsewhere == {check for _, check in FAULTS}


def test_what_lacks_a_method_is_no_provider() -> None:
    class Half:
        def __init__(self, clusters: Mapping[str, ClusterConfig], settings: Settings) -> None: ...

        async def close(self) -> None: ...

    made: Any = Half
    with pytest.raises(AssertionError, match="kind_of, read, perform and close"):
        ProviderConformance().test_it_is_a_provider(Subject(made, CLUSTERS, SAMPLES))


def test_checks_that_a_subject_gives_nothing_for_are_skipped_and_say_so() -> None:
    bare = replace(subject(), unreachable=None)
    for check in ("test_what_cannot_be_read_is_unknown", "test_schemas_take_the_samples"):
        with pytest.raises(unittest.SkipTest):
            getattr(ProviderConformance(), check)(bare)
