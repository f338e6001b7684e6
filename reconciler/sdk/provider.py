"""What a provider plugin implements: read in bulk, perform one step, close. It never compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from enum import Enum
from typing import Any, Literal, Protocol, runtime_checkable

from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.kinds import Kind
from reconciler.sdk.process.awaiting import Awaiting
from reconciler.sdk.scope import Edition
from reconciler.sdk.secrets.secret import Secret

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClusterConfig:
    """How to reach one cluster. `token` is sent to `address` only. Paths are the operator's own.

    `edition`, `version` and `default_intention` are what the configuration declares (of Consul). `options`
    are the keys of the cluster's entry in the configuration that only its provider knows.
    """

    name: str
    address: str
    token: Secret | None = None
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    server_name: str | None = None
    partition: str | None = None
    namespace: str | None = None
    edition: Edition | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    version: str | None = None
    default_intention: str | None = None


@dataclass(slots=True)
class Traffic:
    """How many calls a run has begun, to all of its clusters."""

    begun: int = 0


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits of a run. `parallelism` is calls in flight per cluster; times are in seconds.

    `awaiting` is where `reconciler.sdk.http.client` notes its calls, so that a slow cluster can be named.
    `traffic` is counted by `reconciler.sdk.http.client`: many calls are worth another transport than a few.
    """

    parallelism: int = 10
    read_timeout: float = 30.0
    write_timeout: float = 70.0
    wait_timeout: float = 60.0
    transports: Mapping[str, object] = field(default_factory=dict)  # tests: cluster -> in-process transport
    awaiting: Awaiting = field(default_factory=Awaiting)
    traffic: Traffic = field(default_factory=Traffic, compare=False)


@dataclass(frozen=True, slots=True)
class ClusterInfo:
    """A cluster as it answered: `version` text (`unknown` where it does not say), `identity` unique per
    cluster, `facts` for people.

    `default_intention` (of Consul): what happens where no intention matches; `None` where that is not known.
    """

    name: str
    address: str
    version: str
    identity: str
    facts: Mapping[str, str] = field(default_factory=dict)
    default_intention: Literal["allow", "deny"] | None = None


class Condition(Enum):
    """How a present object is doing. Only `READY` and `UNHEALTHY` mean that nothing is to be written."""

    READY = "ready"
    UNHEALTHY = "unhealthy"  # report it; never write
    INCOMPLETE = "incomplete"  # half-made: creating it again resumes
    BROKEN = "broken"  # destroy what is left, then create
    LEAVING = "leaving"  # being deleted: wait until it is gone, then create
    CONFLICT = "conflict"  # the name is taken by something else: refuse


class Contact(Enum):
    """What a time of one end of a link says. `RECEIVED` and `SENT` may be of an attempt that failed."""

    HEARTBEAT = "heartbeat"  # the last sign of life of the other end
    RECEIVED = "received"
    SENT = "sent"
    DELETED = "deleted"  # this end is being deleted since then


Contacts = Mapping[str, Mapping[Contact, str]]
"""The times of a link's ends by cluster, in UTC and to the second: `2026-11-30T15:21:57Z`."""


@dataclass(frozen=True, slots=True)
class Present:
    """An object that is there. `body` is its live form; `version` guards writes (Consul: ModifyIndex)."""

    body: Body
    version: int = 0
    remote_ids: Mapping[str, str] = field(default_factory=dict)
    condition: Condition = Condition.READY
    why: str = ""  # for every condition but READY: what was seen, in one sentence
    status: str = ""  # for people: "active on both ends, heartbeat 4 s ago"
    hint: str = ""  # where it is in the way (`CONFLICT`): what may be done about it
    remarks: tuple[str, ...] = ()  # what who adopts or changes it must know
    # Of a link, by the cluster of each end: when it last had contact. What is not known is left out.
    contacts: Contacts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A read that failed or was filtered. Unknown is never absent: nothing may be planned from it.

    Of an object in several clusters a part may have been read all the same: `standing` has the clusters whose
    part exists and is usable there, each with that part's ID; `remains` has the command that removes those
    parts, for where the rest is gone for good.
    """

    error: ProviderError
    standing: Mapping[str, str] = field(default_factory=dict)
    remains: str = ""


# None is absence, known for sure.
Observation = Present | Unknown | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """One address to read. `last_known` is its body as recorded, else as declared: it names what to look for.

    `otherwise` is the body that it was to get from an operation that was never seen to end: it may exist
    under the names of either.
    """

    address: Address
    last_known: Body | None = None
    otherwise: Body | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What one bulk read saw: an observation for every address asked, and each cluster or why not.

    `remarks` are sentences about what was seen there and belongs to no address that was asked for.
    """

    objects: Mapping[Address, Observation]
    clusters: Mapping[str, ClusterInfo | ProviderError]
    requests: int = 0
    remarks: tuple[str, ...] = ()


class Verb(Enum):
    """What a step does to its object."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. `before` is what the plan saw, `after` the whole body to write (`None`: remove).

    A `RELEASE` gives up our part of a shared object: `after` is the rest of it.
    """

    verb: Verb
    address: Address
    before: Present | None
    after: Body | None
    expected_version: int | None = None

    @property
    def removes(self) -> bool:
        """Say whether the object goes, or our part of it."""
        return self.verb in (Verb.DELETE, Verb.RELEASE)


@dataclass(frozen=True, slots=True)
class Applied:
    """What a step left behind. `version` is `None` where the server does not report it in the same answer."""

    remote_ids: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None
    status: str = ""


Report = Callable[[str], None]


@runtime_checkable
class Provider(Protocol):
    """A plugin: made with its clusters by `ProviderFactory`, used inside one event loop, closed once.

    A provider may pass whole families of types through: `kind_of` is asked for each type in play.
    """

    def kind_of(self, type_: str) -> Kind | None:
        """Return the rules of a type, or `None` where this provider does not handle it."""
        ...

    async def read(self, wanted: Sequence[Wanted]) -> Reading:
        """Read every address, in as few requests as the server allows. Failures become `Unknown`."""
        ...

    async def perform(self, step: Step, report: Report) -> Applied:
        """Do one step or raise a `ProviderError`. `report` takes progress in words."""
        ...

    async def close(self) -> None:
        """Release connections. Called once."""
        ...


@runtime_checkable
class Counts(Protocol):
    """A provider that counts its requests; plans and summaries then show the number."""

    @property
    def requests(self) -> int:
        """Requests made so far, retries included."""
        ...


@runtime_checkable
class Rotates(Protocol):
    """What a provider offers besides where some of its kinds say that they rotate (`Kind.rotates`)."""

    async def rotate(self, address: Address, seen: Present, report: Report) -> Applied:
        """Renew the secret that an object rests on, without interrupting it.

        `seen` is what the plan saw: an object that is no longer that one, or not `READY`, is left alone
        (`Conflict`). Raises `ProviderError`. The result's `status` says how it is known that nothing broke.
        """
        ...


class ProviderFactory(Protocol):
    """What an entry point of the group `reconciler.providers` names."""

    def __call__(self, clusters: Mapping[str, ClusterConfig], settings: Settings) -> Provider:
        """Make the provider for these clusters; opens nothing yet."""
        ...
