"""What comments ignore is in the answer of `validate`, with the reason, and does not count."""

from __future__ import annotations

from reconciler import app
from reconciler.render.validation_json import validation_value
from tests.flows.access.conftest import WHOLE, Estate

BOTH = WHOLE.replace("    api: [dc2]\n", "    api: [dc2]\n    db: [dc2]\n", 1)
UNDECIDED = (
    'policies:\n  - {deny: "shop@dc1 -> api@dc1"}  # reconciler: ignore[policy-undecided] ACLs deny it\n'
)
LOCAL = """    db: [{from: "*", action: deny}]  # reconciler: ignore[peers-not-denied] dc2 may call it
"""


async def test_a_policy_that_is_not_decided_on_purpose(estate: Estate) -> None:
    estate.declare(WHOLE + UNDECIDED)

    offline = await app.with_policies(app.validate(estate.options()), estate.options())
    estate.world.faults.down.add("dc1")  # else it says what its default intention is
    online = await app.with_policies(await app.validate_online(estate.options()), estate.options())

    for found in (offline, online):
        value = validation_value(found.diagnostics, found.verdict, "0", ok=found.ok, ignored=found.ignored)
        (one,) = [item for item in value["ignored"] if item["code"] == "policy-undecided"]
        assert one["reason"] == "ACLs deny it"
        assert one["summary"].startswith(
            "it is not known whether this breaks the policy: shop@dc1 -> api@dc1"
        )
        assert "policy-undecided" not in {item["code"] for item in value["diagnostics"]}
        assert value["warning_count"] == len(value["diagnostics"])


async def test_each_is_there_once(estate: Estate) -> None:
    estate.declare(BOTH.replace("intentions:\n  dc1:\n", "intentions:\n  dc1:\n" + LOCAL) + UNDECIDED)
    estate.world.faults.down.add("dc1")

    found = await app.with_policies(await app.validate_online(estate.options()), estate.options())

    said = [(one.problem.code, one.problem.position, one.problem.summary) for one in found.ignored]
    assert len(said) == len(set(said))
    assert {code for code, _, _ in said} == {"policy-undecided", "peers-not-denied"}
