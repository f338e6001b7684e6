"""What a repository is asked for, and what was found on the clusters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from reconciler.sdk.dataclass import dataclass


class CodeHost(Enum):
    """Whose CI files are written."""

    GITHUB = "github"
    GITLAB = "gitlab"
    NONE = "none"


NO_STATE = {"backend": "local", "path": "state"}  # where there is none yet


@dataclass(frozen=True, slots=True)
class Wishes:
    """What `init` is to write. `clusters`: name -> address; `backend`: the keys of the section `state`."""

    name: str
    clusters: Mapping[str, str]
    host: CodeHost = CodeHost.NONE
    backend: Mapping[str, str] = field(default_factory=lambda: dict(NO_STATE))
    probe: bool = False

    @property
    def is_local(self) -> bool:
        """Whether the state is a directory of one machine."""
        return self.backend["backend"] == "local"


@dataclass(frozen=True, slots=True)
class Link:
    """A peering between two of the clusters, and what each end calls the other."""

    acceptor: str
    dialer: str
    name_at_acceptor: str
    name_at_dialer: str


@dataclass(frozen=True, slots=True)
class Probed:
    """What the clusters said: their versions and datacenters by name, and their peerings. `unknown`: cluster
    name -> why nothing is known of it.
    """

    versions: Mapping[str, str] = field(default_factory=dict)
    datacenters: Mapping[str, str] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    unknown: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Started:
    """The files that were written, relative to their folder, and what to know about them."""

    files: tuple[str, ...]
    notes: tuple[str, ...] = ()
