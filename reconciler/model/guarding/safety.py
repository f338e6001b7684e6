"""What safety checks say of one plan, and what `safety` in `reconciler.yaml` asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model.guarding.limits import Breach, Limit, Measure, Most
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class SafetySettings:
    """The section `safety`. `confirm`: globs of addresses that have to be confirmed, each by its address."""

    limits: tuple[Limit, ...] = ()
    confirm: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An object that a run leaves alone because of `option`, and what would be done to it."""

    address: Address
    action: str
    option: str
    because: str


@dataclass(frozen=True, slots=True)
class Safety:
    """What safety checks say of a plan.

    `breaches` are limits that it does not keep, `confirm` the addresses that have to be confirmed even with
    `--auto-approve`, `asked` those that a person is asked for, `left_out` what the run leaves alone.
    """

    breaches: tuple[Breach, ...] = ()
    confirm: tuple[Address, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    asked: tuple[Address, ...] = ()

    @property
    def to_confirm(self) -> tuple[Address, ...]:
        """What a person is asked to confirm, the listed addresses included."""
        return tuple(dict.fromkeys((*self.asked, *self.confirm)))

    @property
    def only_asked(self) -> tuple[Address, ...]:
        """What a person is asked to confirm, and `--auto-approve` and a saved plan cover."""
        return tuple(address for address in self.to_confirm if address not in self.confirm)

    @property
    def held_back(self) -> str:
        """Why nothing of the plan may be applied; empty: it may."""
        return next((str(breach) for breach in self.breaches if breach.is_of_everything), "")


def encode_safety(safety: Safety) -> dict[str, Any]:
    """Return it as JSON values."""
    return {
        "breaches": [_breach(item) for item in safety.breaches],
        "confirm": [str(address) for address in safety.confirm],
        "asked": [str(address) for address in safety.asked],
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


def _breach(item: Breach) -> dict[str, Any]:
    return {
        "measure": item.measure.value,
        "counted": item.counted,
        "of": item.of,
        "number": item.number,
        "most": [item.most.number, item.most.percent],
        "addresses": [str(address) for address in item.addresses],
        "cluster": item.cluster,
        "type": item.type,
        "said": item.said,
    }


def decode_safety(value: Mapping[str, Any]) -> Safety:
    """Return it from JSON values. Raises `KeyError`, `TypeError` or `ValueError` for others."""
    return Safety(
        tuple(_read_breach(item) for item in value["breaches"]),
        tuple(Address.parse(text) for text in value["confirm"]),
        tuple(
            LeftOut(Address.parse(item["address"]), item["action"], item["option"], item["because"])
            for item in value["left_out"]
        ),
        tuple(Address.parse(text) for text in value["asked"]),
    )


def _read_breach(value: Mapping[str, Any]) -> Breach:
    return Breach(
        Measure(value["measure"]),
        value["counted"],
        value["of"],
        Most(*value["most"]),
        value["number"],
        tuple(Address.parse(text) for text in value["addresses"]),
        value["cluster"],
        value["type"],
        value["said"],
    )
