"""Recorded requests, asked of the command: `access --snapshot FILE --upstream …`, as an outage would be."""

from __future__ import annotations

import json

import pytest

from tests.recorded.truth import Asked, recorded
from tests.support.command.lab import CommandLab

EACH = 45
ASKED = [
    one for one in recorded() if one.observed["observed"] in ("allowed", "denied", "unreachable", "mixed")
]


@pytest.mark.long
@pytest.mark.parametrize("asked", ASKED[::EACH], ids=lambda asked: f"{asked.id}-{asked.version}")
def test_the_command_answers_what_was_observed(bare: CommandLab, asked: Asked) -> None:
    (bare.folder / "world.json").write_text(json.dumps(asked.world))
    request = asked.line["request"]
    upstream = request["upstream"]
    dialed = f"{upstream['name']}@{upstream['peer']}" if upstream.get("peer") else upstream["name"]
    headers = [
        part for name, value in (request.get("headers") or {}).items() for part in _header(name, value)
    ]

    said = bare.run(
        *("access", "--snapshot", "world.json", "--from", request["from"], "--upstream", dialed),
        *("--method", request["method"], "--path", request["path"], *headers, "--json"),
    )

    (answer,) = said.expect(0).value()["access"]
    observed = asked.observed
    assert answer["decision"] == observed["observed"]
    for name in ("answered_by", "denied_at"):
        assert observed.get(name) in (None, answer[name])


def _header(name: str, value: str) -> tuple[str, str]:
    return "--header", f"{name}={value}"
