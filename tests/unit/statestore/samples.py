"""Sample records, and the strategies and models that the state store's tests share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from reconciler.model.state import Owner, Recorded, RecordedCluster, Saved, State
from reconciler.sdk.address import Address
from reconciler.statestore.ports import Session

PEERING = Address("peering", "dc1", "dc2")
INTENTIONS = Address("service_intentions", "dc1", "api", "default", "finance")
DC1 = RecordedCluster(
    "dc1", "https://dc1:8501", "consul", identity="a1", version="1.20.1", options={"ca": "x"}
)


def recorded(address: Address = PEERING, **changes: Any) -> Recorded:
    base = Recorded(address, {"Meta": {"owner": "ops"}}, "consul", version=7, remote_ids={"dc1": "id-1"})
    return replace(base, **changes)


names = st.text("abcdefghijklmnopqrstuvwxyz-_0123456789", min_size=1, max_size=6)
texts = st.text(max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
bodies = st.dictionaries(texts, values, max_size=3)
extras = st.dictionaries(texts.map("x_{}".format), values, max_size=2)


@st.composite
def addresses(draw: st.DrawFn) -> Address:
    partition, namespace = draw(
        st.sampled_from([(None, None), ("default", None), ("default", "finance"), ("eu", "default")])
    )
    kind = draw(st.sampled_from(["peering", "service_intentions", "config_entry"]))
    return Address(kind, draw(names), draw(names), partition, namespace)


records = st.builds(
    Recorded,
    addresses(),
    bodies,
    provider=names,
    version=st.integers(0, 2**63),
    remote_ids=st.dictionaries(names, texts, max_size=2),
    depends_on=st.lists(addresses(), max_size=2).map(tuple),
    shared=st.booleans(),
    protect=st.booleans(),
    pending=st.none() | st.sampled_from(["create", "delete"]),
    extra=extras,
    adopted=st.booleans(),
)
owners = st.builds(
    Owner,
    st.none() | names,
    st.lists(texts, max_size=2).map(tuple),
    st.lists(names, max_size=2).map(tuple),
)
clusters = st.builds(
    RecordedCluster,
    names,
    texts,
    provider=names,
    identity=texts,
    version=texts,
    partition=st.none() | names,
    namespace=st.none() | names,
    options=bodies,
    extra=extras,
)
states = st.builds(
    lambda lineage, serial, cs, rs, extra, owner, saved: State(
        lineage, serial, {c.name: c for c in cs}, {r.address: r for r in rs}, extra, owner=owner, saved=saved
    ),
    texts.filter(bool),
    st.integers(0, 10**9),
    st.lists(clusters, max_size=3),
    st.lists(records, max_size=4),
    extras,
    st.none() | owners,
    st.none() | st.builds(Saved, texts, texts, texts),
)


class Model:
    """What a store must hold, worked out the plain way. Each step is one call on a session."""

    def __init__(self) -> None:
        self.resources: dict[Address, Recorded] = {}
        self.clusters: dict[str, RecordedCluster] = {}
        self.owner: Owner | None = None

    def copy(self) -> Model:
        twin = Model()
        twin.resources, twin.clusters = dict(self.resources), dict(self.clusters)
        twin.owner = self.owner
        return twin

    def holds(self, state: State) -> bool:
        held = (state.resources, state.clusters, state.owner)
        return (self.resources, self.clusters, self.owner) == held

    def step(self, name: str, argument: Any) -> Callable[[Session], Any]:
        """Take one step; gives the call that makes a session take it too."""
        match name:
            case "intent" | "applied":
                self.resources[argument.address] = argument
            case "removed":
                self.resources.pop(argument, None)
            case "saw_cluster":
                self.clusters[argument.name] = argument
            case "forget_cluster":
                self.clusters.pop(argument, None)
            case "owned":
                self.owner = argument
            case _:
                raise AssertionError(name)
        return lambda session: getattr(session, name)(argument)
