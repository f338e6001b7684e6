"""What would allow a request: declared as it is offered, it does."""

from __future__ import annotations

import pytest

from reconciler.render.text.flow_yaml import flow_yaml
from reconciler.sdk.access.answer import Decision
from tests.flows.access.conftest import EXPORTED, INTENTIONS, PEERED, REST, Estate

OTHER = "intentions:\n  dc1:\n    other:\n      - {from: web, action: allow}\n"


@pytest.mark.parametrize("missing", [(), ("export",), ("peering", "export")])
async def test_what_is_offered_is_enough(missing: tuple[str, ...], estate: Estate) -> None:
    parts = {"peering": PEERED, "export": EXPORTED, "intention": OTHER}
    estate.declare("".join(text for name, text in parts.items() if name not in missing))
    before = await estate.ask("web@dc2", to="api@dc1")
    if before.answers[0].decision is Decision.DEPENDS:
        assert before.allowing is None  # it is not refused
        return
    assert before.allowing is not None
    offered = {next(iter(section)): section for section in before.allowing.sections}
    for name, section in offered.items():
        parts[{"peerings": "peering", "exports": "export", "intentions": "intention"}[name]] = (
            flow_yaml(section) + "\n"
        )
    estate.declare("".join(parts.values()))
    after = await estate.ask("web@dc2", to="api@dc1")
    assert after.answers[0].decision is Decision.ALLOWED


async def test_a_source_that_denies_is_replaced_by_its_place(estate: Estate) -> None:
    denies = INTENTIONS.replace("allow", "deny")
    estate.declare(PEERED + EXPORTED + denies + REST)
    result = await estate.ask("web@dc2", to="api@dc1")
    assert result.answers[0].decision is Decision.DENIED
    assert result.allowing is not None
    (place,) = map(result.place_of, result.allowing.replaced)
    lines = (estate.folder / "main.yaml").read_text().splitlines()
    assert "from: web@dc2" in lines[int(place.rsplit(":", 2)[1]) - 1]
    (section,) = result.allowing.sections
    assert flow_yaml(section) == "intentions: {dc1: {api: [{from: web@dc2, action: allow}]}}"


async def test_nothing_is_offered_for_what_is_allowed(estate: Estate) -> None:
    assert (await estate.ask("web@dc2", to="api@dc1")).allowing is None


async def test_nothing_is_offered_where_nothing_of_the_configuration_would_help(estate: Estate) -> None:
    estate.declare(PEERED + EXPORTED + INTENTIONS)
    snapshot = await estate.snapshot()  # the sandbox has neither gateway nor instances
    result = await estate.ask("web@dc2", to="nothing@dc1", snapshot=snapshot)
    assert result.answers[0].decision is Decision.UNREACHABLE
    assert result.allowing is None
