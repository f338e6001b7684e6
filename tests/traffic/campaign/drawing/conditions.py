"""Conditions on requests, and requests that meet some of them."""

from __future__ import annotations

from typing import Any

from tests.traffic.campaign.drawing.dice import Dice

Http = dict[str, Any]
METHODS = ("GET", "POST", "PUT", "DELETE")
PREFIXES = ("/", "/v1", "/v1/", "/admin", "/ok", "/v2/")
EXACT = ("/ok", "/v1/items", "/admin", "/", "/v2")
REGEX = ("/v[12]/.*", "/v\\d+", "(/ok|/admin)(/.*)?", "/.*items", ".*")
PATHS = (
    "/", "/ok", "/okay", "/ok/", "/ok?x=1", "/OK", "//ok", "/v1", "/v1/items", "/v1/items?debug=1",
    "/V1/Items", "/v2", "/v2/items", "/v2/items?debug=&x=1", "/v2?x=2&x=1", "/admin", "/admin/users",
    "/ok/../admin", "/%61dmin", "/./admin", "/v1/%2e%2e/admin", "/v1//items", "/v1/items?debug", "/a%20b",
)  # fmt: skip
HEADERS: dict[str, tuple[str, ...]] = {
    "x-team": ("a", "b", "ab", "A", "abc", ""),
    "x-env": ("prod", "dev", "10"),
    "x-debug": ("1",),
}
_VALUES = ("a", "b", "ab", "prod", "dev", "1")
_PATTERNS = ("a|b", "[a-c]+", "a.*", ".*b", "\\d+", "prod|dev")


def request(dice: Dice) -> dict[str, Any]:
    """Draw a method, a path and headers."""
    names = [name for name in HEADERS if dice.maybe(0.4)]
    headers = {_spelled(dice, name): dice.choice(HEADERS[name]) for name in names}
    method = dice.weighted({"GET": 5, "POST": 2, "PUT": 1, "DELETE": 1})
    return {"method": method, "path": dice.choice(PATHS), "headers": headers}


def _spelled(dice: Dice, name: str) -> str:
    return name.title() if dice.maybe(0.2) else name


def permission(dice: Dice) -> Http:
    """Draw the conditions of a permission."""
    http = _path(dice)
    if dice.maybe(0.35):
        http["Methods"] = dice.some(METHODS, 1, 2)
    if dice.maybe(0.35):
        http["Header"] = [_header(dice, wide=True) for _ in range(dice.choice((1, 1, 2)))]
    return http or {"PathPrefix": "/"}


def match(dice: Dice) -> Http:
    """Draw the conditions of a route; none at all now and then."""
    http = _path(dice)
    if http and dice.maybe(0.1):
        http["CaseInsensitive"] = True
    if dice.maybe(0.25):
        http["Methods"] = dice.some(METHODS, 1, 2)
    if dice.maybe(0.35):
        http["Header"] = [_header(dice, wide=False) for _ in range(dice.choice((1, 1, 2)))]
    if dice.maybe(0.2):
        http["QueryParam"] = [_parameter(dice)]
    return http


def _path(dice: Dice) -> Http:
    kind = dice.weighted({"PathPrefix": 4, "PathExact": 2, "PathRegex": 1.5, "": 2})
    values = {"PathPrefix": PREFIXES, "PathExact": EXACT, "PathRegex": REGEX}
    return {kind: dice.choice(values[kind])} if kind else {}


def _header(dice: Dice, *, wide: bool) -> Http:
    name = dice.choice(list(HEADERS))
    kinds = {"Exact": 3.0, "Present": 2.0, "Prefix": 1.0, "Suffix": 1.0, "Regex": 1.0}
    kind = dice.weighted({**kinds, "Contains": 0.5} if wide else kinds)
    value: Any = True if kind == "Present" else dice.choice(_PATTERNS if kind == "Regex" else _VALUES)
    out: Http = {"Name": _spelled(dice, name), kind: value}
    if dice.maybe(0.3):
        out["Invert"] = True
    if wide and kind in ("Exact", "Prefix", "Suffix", "Contains") and dice.maybe(0.1):
        out["IgnoreCase"] = True
    return out


def _parameter(dice: Dice) -> Http:
    name = dice.choice(("debug", "x"))
    kind = dice.choice(("Exact", "Present", "Regex"))
    value: Any = {"Exact": "1", "Present": True, "Regex": "[12]"}[kind]
    return {"Name": name, kind: value}
