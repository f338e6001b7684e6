"""What safety checks say of a plan, as lines of its page and as keys of its JSON."""

from __future__ import annotations

from typing import Any

from reconciler.model.guarding.freezes import Frozen
from reconciler.model.guarding.limits import Breach
from reconciler.model.guarding.safety import LeftOut, Safety
from reconciler.render.text.lines import BLANK, Line, Span, Tone, faint

_LISTED = 20  # objects that are left out, up to which all are named


def safety_values(safety: Safety) -> dict[str, Any]:
    """Return the keys `safety`, `confirm` and `left_out` of a plan's JSON."""
    return {
        "safety": [_breach(item) for item in safety.breaches],
        "confirm": [str(address) for address in safety.confirm],
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
    if safety.confirm:
        named = ", ".join(map(str, safety.confirm))
        out.append([Span("To confirm: ", Tone.WARN), f"{named} (safety.confirm in reconciler.yaml)"])
    out += _left_out(safety.left_out)
    return [*out, BLANK] if out else []


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
