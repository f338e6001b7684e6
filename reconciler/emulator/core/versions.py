"""Which Consul version answers how: the supported families and the behaviours that differ between them."""

from __future__ import annotations

from dataclasses import dataclass

FAMILIES = {
    (1, 13): "1.13.9",
    (1, 14): "1.14.11",
    (1, 16): "1.16.7",
    (1, 18): "1.18.2",
    (1, 20): "1.20.0",
    (1, 22): "1.22.0-dev",
}
ENTERPRISE = "+ent"


@dataclass(frozen=True, slots=True)
class Version:
    """One Consul version: the text it reports, its family's minor number, and whether it is Enterprise."""

    text: str
    minor: int
    enterprise: bool = False

    @property
    def edition(self) -> str:
        """Return `enterprise` or `community`."""
        return "enterprise" if self.enterprise else "community"

    def at_least(self, minor: int) -> bool:
        """Say whether this is 1.`minor` or later."""
        return self.minor >= minor

    @property
    def peer_in_exports(self) -> bool:
        """Consul ≥1.14: a consumer's key is `Peer`; before, `PeerName`."""
        return self.minor >= 14

    @property
    def blocking_peerings(self) -> bool:
        """Consul ≥1.14.8: peering reads take `index` and `wait` and send X-Consul-Index."""
        return self.minor >= 14

    @property
    def writes_before_dialing(self) -> bool:
        """Consul ≥1.14: establish stores the row before it exchanges the secret: failures leave residue."""
        return self.minor >= 14

    @property
    def prefixes_rpc_errors(self) -> bool:
        """Consul ≤1.14: peering error texts start with `rpc error: code = … desc = `."""
        return self.minor < 15

    @property
    def unreachable_status(self) -> int:
        """Consul ≥1.15.7 answers 503 when establish cannot reach the acceptor, older ones 500."""
        return 503 if self.minor >= 15 else 500

    @property
    def slow_denials(self) -> bool:
        """Consul ≥1.15: a denied peering read is retried inside and answers after 2.5–10 s."""
        return self.minor >= 15

    @property
    def entry_hash(self) -> bool:
        """Consul ≥1.16.4: config entries carry `Hash`."""
        return self.minor >= 16

    @property
    def rewrites_addresses(self) -> bool:
        """Consul ≥1.14: a dialing row is written again, its ModifyIndex moves, once its stream is up."""
        return self.minor >= 14

    @property
    def type_of_nothing(self) -> str:
        """Consul ≥1.22 gives an empty 200 the type of JSON, 1.20 that of text, older ones none."""
        if self.minor >= 22:
            return "application/json"
        return "text/plain; charset=utf-8" if self.minor >= 20 else ""

    @property
    def decodes_before_routing(self) -> bool:
        """Consul ≤1.18 is of Go 1.21: its router looks at decoded paths and answers 301 where 1.20 says 307.

        It also takes an empty Content-Length for none.
        """
        return self.minor < 20

    @property
    def max_txn_ops(self) -> int:
        """Consul 1.13 takes 64 operations in a transaction, later versions 128."""
        return 64 if self.minor < 14 else 128


def parse_version(text: str) -> Version:
    """Return the version that `text` ("1.20", "1.20.0", "1.20.0-rc1", "1.14.11", "1.20+ent") stands for.

    The suffix `+ent` makes it Enterprise, as in what its servers report (agent/config/runtime.go).
    Raises ValueError naming the supported versions when the family is unknown.
    """
    number, suffix, rest = text.strip().removeprefix("v").partition(ENTERPRISE)
    parts = number.split(".")
    try:
        family = (int(parts[0]), int(parts[1]))
        reported = FAMILIES[family]
        if rest:
            raise ValueError(rest)
    except (ValueError, IndexError, KeyError):
        known = ", ".join(f"{major}.{minor}" for major, minor in FAMILIES)
        raise ValueError(f"Consul version {text!r} is not emulated; choose one of {known}") from None
    return Version(reported + suffix, family[1], bool(suffix))
