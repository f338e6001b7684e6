"""How an apply ended: each sentence that tells a reader what is done, what is not, and what to do next."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Action, Change, Drift, Reason
from reconciler.model.diagnostic import Position
from reconciler.model.event import Failed, Outcome, Skipped, SkipReason, Unconfirmed
from reconciler.model.plan import Deferred, Mode, Plan
from reconciler.model.verdict.applies import partial
from reconciler.render.apply.outcome import dialing, nothing_done, outcome_lines
from reconciler.render.text.lines import paint
from reconciler.sdk.errors import Conflict, Denied, Invalid, ProviderError
from tests.support import samples as s

UNKNOWN = Deferred(s.at("mesh.lab/mesh"), "lab did not answer")


def ended(outcome: Outcome, plan: Plan = s.FIRST) -> str:
    return paint(outcome_lines(plan, outcome))


def failed(address: str, error: ProviderError, **more: Any) -> Failed:
    return Failed(s.at(address), Action.UPDATE, 0.1, error, **more)


def lost(address: str) -> Unconfirmed:
    return Unconfirmed(s.at(address), Action.UPDATE, 0.1, Conflict("not as written"))


def skipped(address: str, left: str = "") -> Skipped:
    return Skipped(s.at(address), Action.CREATE, SkipReason.DEPENDENCY, "needs mesh.lab/mesh", left)


def drifted(address: str, *, stays: bool) -> Change:
    return s.change(address, Action.NO_OP, drift=Drift(broken="gone", stays=stays))


class TestWhatIsLeft:
    def test_notes_and_undecided_resources_follow_the_counts(self) -> None:
        plan = dataclasses.replace(s.FIRST, deferred=(UNKNOWN, UNKNOWN))
        lines = ended(dataclasses.replace(s.DONE, notes=("the state was moved",)), plan).splitlines()
        assert lines[1].startswith("Apply complete!")
        assert lines[2:] == [
            "  note: the state was moved",
            "Warning: 2 resources not decided and left alone; see the plan.",
        ]

    def test_facts_are_those_that_there_are(self) -> None:
        assert ended(Outcome(added=1, serial=7)).endswith("(0.0 s, state serial 7)\n")
        full = Outcome(added=1, serial=7, requests=1, adopted=2, moved=3, forgotten=4, interim=1)
        facts = "1 request, 2 adopted, 3 moved, 4 forgotten, 1 interim step, state serial 7"
        assert ended(full).endswith(f"(0.0 s, {facts})\n")

    @pytest.mark.parametrize(
        ("mode", "text"),
        [
            (Mode.NORMAL, "Apply complete! Resources: 1 added, 2 changed, 3 destroyed."),
            (Mode.DESTROY, "Destroy complete! Resources: 3 destroyed."),
            (Mode.ROTATE, "Rotate complete! Resources: 2 rotated."),
        ],
    )
    def test_the_counts_are_those_that_the_command_is_about(self, mode: Mode, text: str) -> None:
        outcome = Outcome(added=1, changed=2, destroyed=3)
        assert ended(outcome, s.plan(mode=mode)).splitlines()[1].startswith(f"{text}   (")

    @pytest.mark.parametrize(
        ("outcome", "text"),
        [
            (Outcome(changed=2), "2 applied, 0 failed, 0 skipped"),
            (
                Outcome(changed=2, unconfirmed=(lost("mesh.lab/mesh"),)),
                "2 applied, 0 failed, 0 skipped; 1 not as written",
            ),
            (
                Outcome(skipped=(skipped("mesh.lab/mesh", "it stays away"),)),
                "0 applied, 0 failed, 1 skipped; 1 left at an interim step",
            ),
        ],
    )
    def test_counts_of_an_apply_that_did_not_do_all(self, outcome: Outcome, text: str) -> None:
        assert partial(outcome) == text


class TestWhatToDo:
    """The last line of an apply that is not complete."""

    @pytest.mark.parametrize(
        ("outcome", "text"),
        [
            (
                Outcome(unconfirmed=(lost("mesh.lab/mesh"),)),
                "Run the same command again: it writes what is different by then.",
            ),
            (
                Outcome(
                    unconfirmed=(lost("mesh.lab/mesh"),), failed=(failed("mesh.lab/mesh", Denied("no")),)
                ),
                "Run the same command again after fixing this; nothing is repeated.",
            ),
            (
                dataclasses.replace(s.STOPPED, added=0),
                "Run the same command again to go on; nothing is repeated.",
            ),
            (
                Outcome(added=1, skipped=s.REFUSED.skipped),
                "The rest is refused until what blocks it is resolved.",
            ),
        ],
    )
    def test_it_depends_on_what_stopped_it(self, outcome: Outcome, text: str) -> None:
        last = ended(dataclasses.replace(outcome, serial=7)).splitlines()[-1]
        assert last == f"What was done is recorded (serial 7). {text}"

    def test_where_all_is_blocked_nothing_was_changed(self) -> None:
        last = ended(Outcome(skipped=s.REFUSED.skipped, serial=7)).splitlines()[-1]
        assert last == "Nothing was changed. It is refused until what blocks it is resolved."


class TestFailuresAlike:
    """More than three of one cause are told together."""

    MANY = tuple(f"service_defaults.lab/{name}" for name in "abcd")

    def test_one_reason_of_one_cluster_is_told_once(self) -> None:
        error = Denied("403 no", hint="ask for\n    more")
        other = failed("mesh.south/mesh", error)
        failures = (*(failed(name, error) for name in self.MANY), other)
        assert ended(Outcome(failed=failures)).splitlines()[3:-2] == [
            "  ✗ 4 resources  403 no",
            "      ask for",
            "          more",
            f"      {', '.join(self.MANY[:3])} and 1 more",
            "  ✗ mesh.south/mesh  update  403 no",
            "      ask for",
            "          more",
        ]

    def test_a_cluster_that_the_error_names_counts_more_than_that_of_the_address(self) -> None:
        error = Denied("403 no", cluster="south")
        names = ("peering.lab/south", "mesh.south/mesh", *self.MANY[:2])
        assert "✗ 4 resources  403 no" in ended(Outcome(failed=tuple(failed(name, error) for name in names)))

    @pytest.mark.parametrize(
        ("error", "left"), [(Invalid("400 no"), ""), (Denied("403 no"), "it stays taken down")]
    )
    def test_what_is_declared_wrong_or_left_half_way_has_lines_of_its_own(
        self, error: ProviderError, left: str
    ) -> None:
        text = ended(Outcome(failed=tuple(failed(name, error, left=left) for name in self.MANY)))
        assert "4 resources" not in text
        assert text.count("left at an interim step: it stays taken down") == (4 if left else 0)

    @pytest.mark.parametrize(("error", "shown"), [(Invalid("400 no"), True), (Denied("403 no"), False)])
    def test_the_place_of_a_declaration_is_named_where_it_is_to_be_changed(
        self, error: ProviderError, shown: bool
    ) -> None:
        declared = s.change("mesh.lab/mesh", Action.UPDATE, origin=Position("main.yaml", 3, 5))
        text = ended(Outcome(failed=(failed("mesh.lab/mesh", error),)), s.plan(declared))
        assert ("      declared at main.yaml:3:5\n" in text) is shown

    def test_what_was_not_tried_for_one_reason_is_told_once(self) -> None:
        text = ended(Outcome(skipped=tuple(map(skipped, self.MANY))))
        assert f"- 4 resources  create skipped  needs mesh.lab/mesh\n      {self.MANY[0]}, " in text

    def test_what_was_not_tried_and_is_left_half_way_has_lines_of_its_own(self) -> None:
        text = ended(Outcome(skipped=tuple(skipped(name, "it stays away") for name in self.MANY)))
        assert text.count("left at an interim step: it stays away") == 4


class TestRefreshOnly:
    def test_what_is_recorded_and_what_cannot_be_are_named(self) -> None:
        changes = [drifted("mesh.lab/mesh", stays=False)]
        changes += [drifted(f"peering.lab/{name}", stays=True) for name in ("south", "west")]
        text = ended(s.DONE, s.plan(*changes, mode=Mode.REFRESH_ONLY))
        assert "note: recorded as now on the clusters: 1 object\n" in text
        assert (
            "note: still different: peering.lab/south and 1 more; apply undoes it, or declare it in the conf"
            in text
        )

    def test_one_that_cannot_be_recorded_stands_alone(self) -> None:
        plan = s.plan(drifted("peering.lab/south", stays=True), mode=Mode.REFRESH_ONLY)
        assert paint([nothing_done(plan)]).rstrip() == (
            "Nothing was recorded: still different: peering.lab/south; apply undoes it, or declare it in the "
            "configuration."
        )

    def test_another_mode_records_nothing_of_it(self) -> None:
        text = ended(s.DONE, s.plan(drifted("mesh.lab/mesh", stays=True)))
        assert "note" not in text

    def test_nothing_done_where_something_is_not_known_is_no_success(self) -> None:
        plan = dataclasses.replace(s.NOTHING, deferred=(UNKNOWN,))
        assert paint([nothing_done(plan)]).rstrip() == "Nothing was done: 1 resource could not be decided."
        assert paint([nothing_done(s.NOTHING)]).startswith("Apply complete! Resources: 0 added")


class TestNamesToDial:
    EXPORTS = s.change(
        "exported_services.lab/default",
        Action.CREATE,
        Reason.NONE,
        after={
            "Services": [
                {"Name": "api", "Consumers": [{"Peer": "south"}, {"Peer": "west"}]},
                {"Name": "web", "Consumers": [{"Peer": "south"}]},
                {"Name": "old"},
            ]
        },
    )

    def test_services_are_counted_however_many_peers_use_them(self) -> None:
        lines = dialing(s.plan(self.EXPORTS, s.KNOWN), Outcome(added=1))
        assert paint(lines).startswith(
            "2 services exported to peers. What each cluster imports and the names"
        )

    def test_only_after_an_apply_that_changed_exports(self) -> None:
        same = dataclasses.replace(self.EXPORTS, action=Action.NO_OP)
        gone = dataclasses.replace(self.EXPORTS, action=Action.DELETE, before=self.EXPORTS.after, after=None)
        plan = s.plan(self.EXPORTS)
        assert dialing(s.plan(same, s.CREATE), Outcome(added=1)) == []
        assert dialing(s.plan(gone), Outcome(destroyed=1)) == []
        assert dialing(plan, None) == []
        assert dialing(plan, Outcome()) == []
        assert dialing(plan, Outcome(added=1, failed=(failed("mesh.lab/mesh", Denied("no")),))) == []
        assert dialing(plan, Outcome(added=1, unconfirmed=(lost("mesh.lab/mesh"),))) == []
        assert dialing(s.plan(self.EXPORTS, mode=Mode.DESTROY), Outcome(added=1)) == []

    def test_exports_that_were_not_made_are_not_counted(self) -> None:
        blocked = dataclasses.replace(self.EXPORTS, blocked=Block(BlockKind.WOULD_BE_REFUSED, "no"))
        assert dialing(s.plan(blocked, s.KNOWN), Outcome(added=1)) == []
        left = Outcome(added=1, skipped=(skipped(str(self.EXPORTS.address)),))
        assert dialing(s.plan(self.EXPORTS, s.KNOWN), left) == []
        other = Outcome(added=1, skipped=(skipped("mesh.lab/mesh"),))
        assert dialing(s.plan(self.EXPORTS, s.KNOWN), other) != []
