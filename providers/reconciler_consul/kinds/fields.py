"""Rules of the structures that several config entries share, and the small language they are written in.

Consul's `agent/structs` is the source: which fields are pointers (a zero there is a value), how scalars
are written back (≥ 1.14), and under which snake_case names fields are accepted.
"""

from __future__ import annotations

import re

from reconciler.sdk.kinds import Form, Rule

TEXT = Rule(form=Form.WEAK_TEXT)
FLAG = Rule(form=Form.FLAG)
NUMBER = Rule(form=Form.NUMBER)
NATURAL = Rule(form=Form.NATURAL)
TEXTS = Rule(each=TEXT)
NUMBERS = Rule(each=NUMBER)
SERVER = Rule(server=True)
SIGNIFICANT = Rule(form=Form.NUMBER, significant=True)  # a pointer in Consul: 0 is not the same as not set
LOWER = Rule(form=Form.LOWER)
UPPER = Rule(form=Form.UPPER)
UPPER_LIST = Rule(each=UPPER)
TEXT_DURATION = Rule(form=Form.TEXT_DURATION, default="0s")
NANOSECONDS = Rule(form=Form.NANOSECONDS)
MAP = Rule(is_map=True, each=TEXT)  # decoded weakly into map[string]string
OPAQUE = Rule(opaque=True, unwraps=True, floats=True)
# In the object's own partition and namespace where not given. What only repeats those is left out on both
# sides (reconciler.sdk.scope), so that `default` inside another namespace means what it says.
IN_DEFAULT = TEXT

_MARKS = {"?": FLAG, "#": NUMBER, "*": TEXTS}

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]+(?![a-z])|[A-Z][a-z0-9]*")
_IRREGULAR = {"EnforcingConsecutive5xx": "enforcing_consecutive_5xx"}


def snake(name: str) -> str:
    """Return the snake_case form of a Go field's name, as Consul's `alias` tags have it.

    >>> snake("OnlyPassing"), snake("TLSMinVersion"), snake("ExternalSNI")
    ('only_passing', 'tls_min_version', 'external_sni')
    """
    return _IRREGULAR.get(name) or "_".join(word.lower() for word in _WORD.findall(name))


def struct(
    plain: str = "",
    *,
    aliases: dict[str, str] | None = None,
    exclusive: tuple[tuple[str, ...], ...] = (),
    **ruled: Rule,
) -> Rule:
    """Return a structure: `plain` names texts, `Flag?`, `Number#` and `ListOfTexts*`; `ruled` are all
    others.
    """
    marked = ((word.rstrip("?#*"), _MARKS.get(word[-1], TEXT)) for word in plain.split())
    fields = dict(marked) | ruled
    known = {snake(name): name for name in fields} | (aliases or {})
    return Rule(fields=fields, aliases=known, exclusive=exclusive)


def listed(each: Rule) -> Rule:
    """Return an atomic list of structures: order counts."""
    return Rule(each=each)


def entry(plain: str = "", *, exclusive: tuple[tuple[str, ...], ...] = (), **ruled: Rule) -> Rule:
    """Return the rule of a whole config entry: the fields that every kind has, and its own.

    Kind, Name and where it lives are the address's; the rest of the server's own fields never count.
    `Hash` is there since 1.15.8, 1.16.4 and 1.17.1.
    """
    return struct(plain, aliases=None, exclusive=exclusive, **(COMMON | ruled))


COMMON = {
    "Kind": SERVER,
    "Name": SERVER,
    "Namespace": SERVER,
    "Partition": SERVER,
    "CreateIndex": SERVER,
    "ModifyIndex": SERVER,
    "Hash": SERVER,
    "Meta": MAP,
}

MESH_GATEWAY = struct("Mode")
EXPOSE = struct(
    "Checks?", Paths=listed(struct("ListenerPort# Path LocalPathPort# Protocol ParsedFromCheck?"))
)
TRANSPARENT_PROXY = struct("OutboundListenerPort# DialedDirectly?")
ENVOY_EXTENSIONS = listed(struct("Name Required? ConsulVersion EnvoyVersion", Arguments=OPAQUE))
HEADERS = struct("Remove*", Add=MAP, Set=MAP)
_HEADER = "Name Present? Exact Prefix Suffix Regex Invert?"
ROUTE_HEADER = struct(_HEADER)
PERMISSION_HEADER = struct(f"{_HEADER} Contains IgnoreCase?")
LOCALITY = struct("Mode")
FAILOVER_POLICY = struct("Mode Regions*")
JWT = struct(Providers=listed(struct("Name", VerifyClaims=listed(struct("Path* Value")))))
PASSIVE_HEALTH_CHECK = struct(
    "MaxFailures#",
    Interval=NANOSECONDS,
    EnforcingConsecutive5xx=SIGNIFICANT,
    MaxEjectionPercent=SIGNIFICANT,
    BaseEjectionTime=Rule(form=Form.NANOSECONDS, significant=True),
)

UPSTREAM = struct(
    "EnvoyListenerJSON EnvoyClusterJSON BalanceOutboundConnections Name Peer",
    ConnectTimeoutMs=NATURAL,
    Namespace=IN_DEFAULT,
    Partition=IN_DEFAULT,
    Protocol=LOWER,
    Limits=struct(
        MaxConnections=SIGNIFICANT, MaxPendingRequests=SIGNIFICANT, MaxConcurrentRequests=SIGNIFICANT
    ),
    PassiveHealthCheck=PASSIVE_HEALTH_CHECK,
    MeshGateway=MESH_GATEWAY,
)
