"""What a configuration says of the record alone: other addresses for objects, and objects to forget."""

from __future__ import annotations

import re

from reconciler.model.diagnostic import Position
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass

_PART = re.compile(r"\[\*\]|\*|[^*\[]+|.")
_OTHER_GLOB = re.compile(r"\[(?!\*\])|\?")


class BadMove(ValueError):
    """A pair of patterns, or what it comes to, is not possible; the message says why. `hint`: what to do."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A pair of patterns of addresses, as `service_resolver.dc1/*` and `service_resolver.us/*`.

    Each `*` of the second is what the `*` at the same place in the first stands for; `[*]` is a star itself.

    `origin` is where the configuration has it.
    """

    source: str
    destination: str
    origin: Position | None = None

    def check(self) -> None:
        """Raise `BadMove` where it is no pair: another wildcard, not as many `*`, or no addresses."""
        for text in (self.source, self.destination):
            if _OTHER_GLOB.search(text):
                raise BadMove(f"{text!r} has another wildcard than *", "use * alone; [*] is a star itself")
        stars = self.source_stars, _parts(self.destination).count("*")
        if stars[0] != stars[1]:
            raise BadMove(
                f"{self.source!r} has {stars[0]} * and {self.destination!r} has {stars[1]}",
                "write as many in both: each stands for the same text; [*] is a star itself",
            )
        for text in (self.source, self.destination):
            if not stars[0]:
                parsed(_plain(text))

    @property
    def source_stars(self) -> int:
        """How many `*` it has; 0: both are addresses."""
        return _parts(self.source).count("*")

    @property
    def addresses(self) -> tuple[Address, Address] | None:
        """Both as addresses; `None` where they have a `*`."""
        if self.source_stars:
            return None
        return parsed(_plain(self.source)), parsed(_plain(self.destination))

    def of(self, address: Address) -> Address | None:
        """Return what an address becomes; `None` where the first pattern does not match it.

        Raises `BadMove` where it would become something that is no address.
        """
        pattern = "".join("(.*?)" if part == "*" else re.escape(_plain(part)) for part in _parts(self.source))
        match = re.fullmatch(pattern, str(address))
        if match is None:
            return None
        given = iter(match.groups())
        return parsed("".join(next(given) if p == "*" else _plain(p) for p in _parts(self.destination)))


@dataclass(frozen=True, slots=True)
class Forgetting:
    """A glob of addresses whose records go while the objects stay.

    `origin` is where the configuration has it.
    """

    glob: str
    origin: Position | None = None


def parsed(text: str) -> Address:
    """Return an address. Raises `BadMove`."""
    try:
        return Address.parse(text)
    except ValueError as error:
        raise BadMove(str(error)) from None


def _parts(pattern: str) -> list[str]:
    return _PART.findall(pattern)


def _plain(part: str) -> str:
    return part.replace("[*]", "*")
