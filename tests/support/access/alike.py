"""The same questions of live clusters and of a snapshot that was just taken of them."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.support.command.lab import CommandLab

FILE = "estate.json"
ASKED: tuple[tuple[str, ...], ...] = (
    ("access", "--json"),
    ("access", "--from", "*@*", "--to", "*@dc1", "--method", "GET", "--path", "/v1", "--json"),
    ("access", "--from", "web@dc2", "--upstream", "api", "--json"),
    ("doctor", "--json"),
    ("graph", "--type", "topology", "--format", "mermaid", "--flows"),
    ("rehearse", "--down", "dc1", "--json"),
    ("rehearse", "--down", "gateway@dc1", "--json"),
    ("rehearse", "--without", "dc1/dc2", "--json"),
)
_DIFFERING = ("source", "taken_at", "file", "elapsed", "requests", "elapsed_s", "next")


def live_and_taken(lab: CommandLab) -> dict[str, tuple[Any, Any]]:
    """Take a snapshot; return by command what it says of the clusters, and of the file."""
    lab.run("snapshot", "--out", FILE)
    found = {}
    for words in ASKED:
        live = () if words[0] == "doctor" else ("--live",)
        found[" ".join(words)] = tuple(_said(lab, *words, *more) for more in (live, ("--snapshot", FILE)))
    return found


def _said(lab: CommandLab, *words: str) -> tuple[int, Any]:
    ended = lab.run(*words)
    assert "Traceback" not in ended.text
    value = _plain(json.loads(ended.out)) if "--json" in words else ended.out
    return ended.code, value


def _plain(value: Any) -> Any:
    """Return a value without what differs from one moment to the next, and the commands that doctor offers: a
    file has neither addresses nor tokens for them.
    """
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key not in _DIFFERING}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return re.sub(r"\b\d+ (s|min)\b", "some time", value) if isinstance(value, str) else value
