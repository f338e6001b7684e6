"""What safety checks say of a plan, as lines of its page and as keys of its JSON."""

from __future__ import annotations

from shlex import quote
from typing import Any

from reconciler.model.guarding.freezes import Frozen
from reconciler.model.guarding.limits import Breach
from reconciler.model.guarding.safety import LeftOut, Safety
from reconciler.render.text.lines import BLANK, Line, Span, Tone, faint
from reconciler.sdk.address import Address

_NAMED = 3  # objects to confirm, up to which all are named
_LISTED = 20  # objects that are left out, up to which all are named


def safety_values(safety: Safety) -> dict[str, Any]:
    """Return the keys `safety`, `confirm`, `confirmations` and `left_out` of a plan's JSON."""
    return {
        "safety": [_breach(item) for item in safety.breaches],
        "confirm": [str(address) for address in safety.confirm],
        "confirmations": [_confirmation(safety, address) for address in safety.to_confirm],
        "left_out": [
            {
                "address": str(item.address),
                "action": item.action,
                "option": item.option,
                "because": item.because,
            }
            for item in safety.left_out
        ],
    }


def _confirmation(safety: Safety, address: Address) -> dict[str, Any]:
    """Return what is asked about one object, and the options that answer it in advance."""
    is_listed = address in safety.confirm
    covering = [] if is_listed else ["--auto-approve"]
    option = f"--confirm {quote(str(address))}"
    return {"address": str(address), "listed": is_listed, "covered_by": [*covering, option]}


def freeze_value(frozen: Frozen | None) -> dict[str, Any] | None:
    """Return the key `freeze` of a plan's JSON."""
    if frozen is None:
        return None
    return {"reason": frozen.reason, "until": frozen.until.isoformat() if frozen.until else None}


def freeze_lines(frozen: Frozen | None) -> list[Line]:
    """Return the freeze that is on."""
    if frozen is None:
        return []
    return [[Span("Frozen: ", Tone.WARN), f"{frozen}. Nothing is applied meanwhile."], BLANK]


def _breach(item: Breach) -> dict[str, Any]:
    return {
        "cluster": item.cluster or None,
        "type": item.type or None,
        "limit": {item.measure.value: str(item.most)},
        "counted": item.counted,
        "of": item.of,
        "flag": item.flag,
        "addresses": [str(address) for address in item.addresses],
        "text": str(item),
    }


def safety_lines(safety: Safety) -> list[Line]:
    """Return the limits that are not kept, and what is left out."""
    out: list[Line] = [
        [Span("Over the limit: ", Tone.BAD), f"{item}. To allow it once: {item.flag}"]
        for item in safety.breaches
    ]
    if safety.only_asked:
        named = _some(safety.only_asked)
        out.append([Span("To confirm: ", Tone.WARN), f"{named} (at a terminal; --auto-approve covers it)"])
    if safety.confirm:
        named = ", ".join(map(str, safety.confirm))
        out.append([Span("To confirm: ", Tone.WARN), f"{named} (safety.confirm in reconciler.yaml)"])
    out += _left_out(safety.left_out)
    return [*out, BLANK] if out else []


def _some(addresses: tuple[Address, ...]) -> str:
    """Return addresses, or how many they are where they are many."""
    if len(addresses) > _NAMED:
        return f"{len(addresses)} resources"
    return ", ".join(map(str, addresses))


def _left_out(items: tuple[LeftOut, ...]) -> list[Line]:
    out: list[Line] = []
    for option in dict.fromkeys(item.option for item in items):
        found = [item for item in items if item.option == option]
        several = "1 resource" if len(found) == 1 else f"{len(found)} resources"
        out.append([Span(f"Left out by {option}: ", Tone.WARN), several])
        out += [["    ", f"{item.address}   ", faint(f"({item.because})")] for item in found[:_LISTED]]
        if len(found) > _LISTED:
            out.append(["    ", f"and {len(found) - _LISTED} more (plan --json has all)"])
    return out
