"""The sections `moved` and `removed`: what becomes of records, while the objects stay as they are.

What a block names need not be recorded: then it has no effect. What it says must fit what is declared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from reconciler.config.clusters.names import did_you_mean
from reconciler.config.clusters.spec import Item, Spec
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.text.document import Place
from reconciler.model.relocation import BadMove, Forgetting, Rewrite, parsed
from reconciler.sdk.address import Address
from reconciler.sdk.globs import matches

_SPECIAL = re.compile(r"[*?[]")


def moved(spec: Spec, drafts: Drafts) -> tuple[Rewrite, ...]:
    """Return the moves. What cannot be one, or contradicts another or a declaration, is a problem."""
    found: list[tuple[Item[dict[str, str]], Rewrite]] = []
    for item in spec.moved:
        rewrite = Rewrite(str(item.value["from"]), str(item.value["to"]), item.place.position)
        try:
            rewrite.check()
        except BadMove as error:
            drafts.problem(item.place, "bad-move", str(error), error.hint)
            continue
        found.append((item, rewrite))
    fit = [one for one in found if not _is_declared(one[0].place.inner("from"), one[1].source, drafts)]
    _contradictions(fit, drafts)
    for item, rewrite in fit if not spec.incomplete else ():
        _check_destination(item.place.inner("to"), rewrite, spec, drafts)
    return tuple(rewrite for _, rewrite in fit)


def removed(spec: Spec, drafts: Drafts) -> tuple[Forgetting, ...]:
    """Return what is forgotten. What is declared as well is a problem.

    `destroy: true` is what a plan does anyway with all that is recorded and not declared.
    """
    out = []
    for item in spec.removed:
        glob = str(item.value["address"])
        if not _SPECIAL.search(glob) and not _is_address(glob):
            summary = f"not an address: {glob!r}"
            drafts.problem(
                item.place.inner("address"), "bad-move", summary, "write TYPE.CLUSTER/NAME, or a glob"
            )
        if not _is_declared(item.place.inner("address"), glob, drafts) and not item.value.get("destroy"):
            out.append(Forgetting(glob, item.place.position))
    return tuple(out)


def _is_address(text: str) -> bool:
    try:
        parsed(text)
    except BadMove:
        return False
    return True


def _is_declared(place: Place, pattern: str, drafts: Drafts) -> bool:
    """Say whether a pattern matches something that is declared, and report that."""
    draft = next((draft for draft in drafts if matches(pattern, str(draft.address))), None)
    if draft is None:
        return False
    drafts.problem(
        place,
        "still-declared",
        f'"{pattern}" is declared as well'
        if pattern == str(draft.address)
        else f"{draft.address} is declared",
        "remove the declaration, or this block",
        related=((draft.key.position, "declared here"),),
    )
    return True


def _contradictions(found: Sequence[tuple[Item[dict[str, str]], Rewrite]], drafts: Drafts) -> None:
    """Report two blocks with one `from`, or of addresses with one `to`, and moves in a cycle."""
    for key, word in (("from", "moved twice"), ("to", "moved to twice")):
        first: dict[str, Item[dict[str, str]]] = {}
        for item, rewrite in found:
            text = rewrite.source if key == "from" else rewrite.destination
            other = first.setdefault(text, item)
            if other is not item:
                drafts.problem(
                    item.place.inner(key),
                    "move-conflict",
                    f'"{text}" is {word}',
                    "remove one of the blocks",
                    related=((other.place.inner(key).position, "the first"),),
                )
    _cycles(found, drafts)


def _cycles(found: Sequence[tuple[Item[dict[str, str]], Rewrite]], drafts: Drafts) -> None:
    steps = {pair[0]: pair[1] for _, rewrite in found if (pair := rewrite.addresses) is not None}
    for item, rewrite in found:
        if rewrite.source == rewrite.destination:
            drafts.problem(
                item.place, "move-conflict", f'"{rewrite.source}" is moved to itself', "remove the block"
            )
        elif rewrite.addresses is not None and _leads_back(rewrite.addresses[0], steps):
            summary = f'"{rewrite.source}" is moved in a cycle'
            drafts.problem(item.place, "move-conflict", summary, "remove one of the blocks")
            return


def _leads_back(start: Address, steps: Mapping[Address, Address]) -> bool:
    here, seen = steps[start], {start}
    while here in steps and here not in seen:
        seen.add(here)
        here = steps[here]
    return here == start


def _check_destination(place: Place, rewrite: Rewrite, spec: Spec, drafts: Drafts) -> None:
    """Report a `to` that is neither declared, moved on nor forgotten: what is recorded there would be
    destroyed.
    """
    if any(matches(str(item.value["address"]), rewrite.destination) for item in spec.removed):
        return
    sources = {item.value["from"] for item in spec.moved}
    texts = {str(draft.address): draft for draft in drafts}
    if rewrite.destination in sources or any(matches(rewrite.destination, text) for text in texts):
        return
    hint = did_you_mean(rewrite.destination, texts) or "to forget it without destroying it, use removed"
    summary = f'no resource is called "{rewrite.destination}": what is moved there will be destroyed'
    drafts.problem(place, "move-nowhere", summary, hint, warning=True)
