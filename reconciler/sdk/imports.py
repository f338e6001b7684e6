"""What a provider offers besides where clusters use services of each other: to say under which names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum
from typing import Protocol, runtime_checkable

from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body, ClusterInfo


class ImportState(Enum):
    """How much is known of an import."""

    IMPORTED = "imported"  # the importing cluster has it
    NOT_IMPORTED = "not-imported"  # it is to be there, and the importing cluster does not have it
    UNKNOWN = "unknown"  # the cluster was not read, or did not answer


@dataclass(frozen=True, slots=True)
class DialName:
    """A name under which callers reach a service, and what it answers with. `kind` is a stable word.

    `virtual`: it answers with the service's virtual address, and only where there is one.
    """

    kind: str
    name: str
    answers: str
    virtual: bool = False


@dataclass(frozen=True, slots=True)
class LocalName:
    """A service name of the importing cluster that leads to the import. `way` is a stable word for how."""

    name: str
    way: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Gateway:
    """Whether callers leave through a gateway of their own cluster: `None` where that is not known.

    `callers` are those for which it is not so as for all others; `why` says what decides it.
    """

    needed: bool | None
    why: str = ""
    callers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Import:
    """One service as the importing cluster sees it.

    service          its name where it runs; `*`: every service, where it is not known yet which these are
    namespace        the namespace where it runs, `None` where there are none
    origin, peer     the cluster that exports it, and what the importing cluster calls that one
    why              of what is not imported, not known or cannot be reached: the probable cause
    declared         whether an export of this configuration is behind it (`None`: not known)
    protocol         as the exporting cluster has it; `None` where it is not known
    virtual_address  the address that its virtual names answer with; `None`: none is known
    has_virtual_address  whether there is one that leads to it; `None` where it is not known
    upstream         what a proxy declares to have an explicit upstream to it
    """

    service: str
    origin: str
    peer: str
    state: ImportState
    namespace: str | None = None
    why: str = ""
    declared: bool | None = None
    protocol: str | None = None
    virtual_address: str | None = None
    has_virtual_address: bool | None = None
    gateway: Gateway = field(default_factory=lambda: Gateway(None))
    names: tuple[DialName, ...] = ()
    upstream: Mapping[str, str] = field(default_factory=dict)
    local_names: tuple[LocalName, ...] = ()


@dataclass(frozen=True, slots=True)
class Importer:
    """A cluster and what it imports.

    `info` is the cluster as it answered (`None`: it did not, or was not asked), `domain` its DNS domain
    (`None`: that could not be read).
    `problem` says why nothing could be read from it (empty: it answered, or was not asked), `notes` what
    its reader must know.
    """

    cluster: str
    imports: tuple[Import, ...] = ()
    info: ClusterInfo | None = None
    domain: str | None = None
    problem: str = ""
    hint: str = ""
    notes: tuple[str, ...] = ()


@runtime_checkable
class Imports(Protocol):
    """A provider that can say what each of its clusters imports."""

    async def imports(
        self,
        applied: Mapping[Address, Body],
        declared: Mapping[Address, Body],
        *,
        live: bool,
        only: str | None = None,
    ) -> Mapping[str, Importer]:
        """Return what each cluster imports over the configuration's links, by cluster.

        `applied` are the bodies that the state records, `declared` those of the configuration, both
        canonical. With `live` the clusters are read; without, no cluster is contacted and what only they know
        stays unknown. With `only` that cluster's imports are wanted, and a cluster that has no part in them
        need not be read. Raises nothing for what a server did or did not answer.
        """
        ...
