"""Selection: `--target` and `--exclude` narrow a run to part of the addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from reconciler.model.plan import Selection
from reconciler.sdk.address import Address
from reconciler.sdk.globs import exactly, matches


class BadGlob(Exception):
    """A glob that selects nothing that a run could go on with; `hint` says what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class NothingMatches(BadGlob):
    """A glob that matches no address; `glob` is what the user wrote."""

    def __init__(self, glob: str, nearest: str = "", part: str = "") -> None:
        hint = f"did you mean {nearest}?" if nearest else "see `reconciler state list`"
        hint = f"a glob matches whole addresses; did you mean {part!r}?" if part else hint
        super().__init__(f"no resource matches {glob!r}", hint)
        self.glob = glob


class TwoMeanings(BadGlob):
    """A glob that matches several addresses, and is also the text of one of them (`address`): that one alone
    may have been meant."""

    def __init__(self, address: Address, count: int) -> None:
        glob = str(address)
        every = glob.replace("*", "**", 1)
        meant = f"write {exactly(address)!r} for that one"
        super().__init__(
            f"{glob!r} is the address of one resource, and as a glob it matches {count}",
            meant if every == glob else f"{meant}, {every!r} for all of them",
        )


class NotReplaceable(Exception):
    """A glob of `--replace` that matches only objects which are always changed in place; `address` is one."""

    def __init__(self, address: Address) -> None:
        super().__init__(f"{address} cannot be replaced: all of it is changed in place")
        self.address = address


def replaced(
    globs: Sequence[str], addresses: Iterable[Address], is_replaceable: Callable[[Address], bool]
) -> set[Address]:
    """Return the addresses to replace: of those that a glob matches, the ones that can be.

    Raises `BadGlob`, and `NotReplaceable` for a glob that matches none that can be.
    """
    out: set[Address] = set()
    everything = set(addresses)
    for glob in globs:
        found = matching([glob], everything)
        fit = {address for address in found if is_replaceable(address)}
        if not fit:
            raise NotReplaceable(min(found))
        out |= fit
    return out


def matching(globs: Sequence[str], addresses: Iterable[Address]) -> set[Address]:
    """Return the addresses that any of the globs matches.

    Raises `NothingMatches` for a glob without a match, and `TwoMeanings`.
    """
    texts = {str(address): address for address in addresses}
    out: set[Address] = set()
    for glob in globs:
        found = {address for text, address in texts.items() if matches(glob, text)}
        if not found:
            raise NothingMatches(glob, _nearest(glob, texts), _of_part(glob, texts))
        if glob in texts and len(found) > 1:
            raise TwoMeanings(texts[glob], len(found))
        out |= found
    return out


def _of_part(glob: str, texts: Mapping[str, Address]) -> str:
    """Return the glob for a cluster, a type or a name, where a glob is only that part; else ""."""
    for whole in (f"*.{glob}/*", f"{glob}.*", f"*/{glob}", f"*.{glob}"):
        if any(matches(whole, text) for text in texts):
            return whole
    return ""


def _nearest(glob: str, texts: Mapping[str, Address]) -> str:
    from difflib import get_close_matches

    return next(iter(get_close_matches(glob, texts, n=1)), "")


def selected(
    selection: Selection,
    addresses: Iterable[Address],
    needs: Mapping[Address, Sequence[Address]],
    *,
    removing: bool = False,
) -> set[Address]:
    """Return the addresses to plan: targets with all that they need, less the excluded and all that needs
    those.

    When removing it is the other way round: targets are removed with all that needs them, and what an
    excluded one needs stays with it.
    """
    everything = set(addresses)
    below, above = (turned_round(needs), needs) if removing else (needs, turned_round(needs))
    chosen = everything
    if selection.targets:
        chosen = closure(matching(selection.targets, everything), below) & everything
    if selection.excludes:
        chosen = chosen - closure(matching(selection.excludes, everything), above)
    return chosen


def closure(start: set[Address], edges: Mapping[Address, Sequence[Address]]) -> set[Address]:
    """Return the addresses and all that the edges lead to from them."""
    out, todo = set(start), list(start)
    while todo:
        for address in edges.get(todo.pop(), ()):
            if address not in out:
                out.add(address)
                todo.append(address)
    return out


def turned_round(edges: Mapping[Address, Sequence[Address]]) -> dict[Address, list[Address]]:
    """Return the edges in the other direction."""
    out: dict[Address, list[Address]] = {}
    for address, targets in edges.items():
        for target in targets:
            out.setdefault(target, []).append(address)
    return out
