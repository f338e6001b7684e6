"""Questions: which caller wants to reach which destination, and with which request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from reconciler.sdk.dataclass import dataclass

ANY = "*"
ANOTHER = "\0"  # between the values of a header that a request has more than once


@dataclass(frozen=True, slots=True, order=True)
class Service:
    """A service of a cluster: `web@dc1`, `finance/api@dc1` in a namespace. A caller `ANY` stands for every
    service of the cluster that is not named otherwise."""

    cluster: str
    name: str
    namespace: str | None = None

    def __str__(self) -> str:
        scoped = self.name if self.namespace is None else f"{self.namespace}/{self.name}"
        return f"{scoped}@{self.cluster}"

    @classmethod
    def parse(cls, text: str) -> Service:
        """Read `NAME@CLUSTER` or `NAMESPACE/NAME@CLUSTER`. Raises `ValueError` that shows the form."""
        scoped, at, cluster = text.rpartition("@")
        namespace, slash, name = scoped.rpartition("/")
        if not at or not cluster or not name:
            raise ValueError(f"not a service: {text!r} (expected NAME@CLUSTER, for example web@dc1)")
        return cls(cluster, name, namespace if slash else None)


@dataclass(frozen=True, slots=True)
class Upstream:
    """What the caller dials: a name of its own cluster, or of the peer that its cluster calls `peer`."""

    name: str
    peer: str | None = None
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. What is `None` is not known: an answer that rests on it is `DEPENDS`. A header that
    is there more than once has its values with `ANOTHER` between them."""

    method: str | None = None
    path: str | None = None
    headers: Mapping[str, str] | None = field(default=None)


ANY_REQUEST = Request()


@dataclass(frozen=True, slots=True)
class Question:
    """One question. Without an `upstream` the caller dials the destination as it is called where it runs: by
    its name in the caller's cluster, or by that name of the peer. Without a destination `to`, the
    answer says where the request arrives; one of the two is there.
    """

    caller: Service
    to: Service | None = None
    upstream: Upstream | None = None
    request: Request = ANY_REQUEST
