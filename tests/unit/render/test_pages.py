"""Rules that every page keeps, whatever is in it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from reconciler.model.change import Action, Change, FieldChange, Op, Reason
from reconciler.model.diagnostic import Diagnostic, Position, Severity
from reconciler.model.event import Outcome
from reconciler.model.plan import Mode, Plan, SeenCluster
from reconciler.model.verdict.applies import complete
from reconciler.render.diagnostics import diagnostic_lines
from reconciler.render.plan.actions import step_lines
from reconciler.render.plan.next_step import next_step
from reconciler.render.plan.page import plan_lines
from reconciler.render.text.lines import cut, paint, seconds, width
from reconciler.render.text.peers import Peers
from reconciler.render.text.values import count_leaves, path_text, value_text
from reconciler.sdk.secrets.secret import Secret
from tests.support import samples as s
from tests.support.tables import each
from tests.support.work import growth


def page(plan: Plan, **more: Any) -> str:
    return paint(plan_lines(plan, **more))


def body(change: Change, peers: Peers | None = None) -> list[str]:
    return paint(step_lines(change, None, peers or Peers())).splitlines()[1:]


class TestSentences:
    """The sentences that machines read are exact."""

    @pytest.mark.parametrize(
        ("mode", "text"),
        [
            (Mode.NORMAL, "No changes. Your infrastructure matches the configuration."),
            (Mode.REFRESH_ONLY, "No changes. Your infrastructure still matches the configuration."),
            (Mode.DESTROY, "No changes. No objects need to be destroyed."),
        ],
    )
    def test_no_changes(self, mode: Mode, text: str) -> None:
        assert page(s.plan(s.KNOWN, mode=mode)).splitlines()[-1] == text

    def test_plan(self) -> None:
        assert "\nPlan: 2 to add, 1 to change, 0 to destroy.\n" in page(s.FIRST)
        assert "\nPlan: 3 to add, 2 to change, 3 to destroy.   Also: " in page(s.EVERYTHING)

    def test_complete(self) -> None:
        done = Outcome(added=1, changed=2, destroyed=3)
        assert complete(Mode.NORMAL, done) == "Apply complete! Resources: 1 added, 2 changed, 3 destroyed."
        assert complete(Mode.DESTROY, done) == "Destroy complete! Resources: 3 destroyed."

    @pytest.mark.parametrize("plan", [s.FIRST, s.EVERYTHING, s.DRIFT_ONLY])
    def test_no_changes_is_not_said_where_there_are_some(self, plan: Plan) -> None:
        assert "No changes. " not in page(plan)

    def test_next_step_fits_the_mode(self) -> None:
        assert "reconciler destroy" in paint(next_step(dataclasses.replace(s.FIRST, mode=Mode.DESTROY)))
        assert next_step(s.NOTHING) == []

    def test_where_all_is_blocked_no_command_is_offered_that_would_be_refused(self) -> None:
        (blocked,) = (change for change in s.EVERYTHING.changes if change.blocked)
        plan = dataclasses.replace(s.EVERYTHING, changes=(blocked,))
        for step in (paint(next_step(plan)), paint(next_step(plan, saved="p"))):
            assert "Nothing of this can be applied until what blocks it is resolved" in step
            assert "reconciler apply" not in step
        assert "These actions are needed, and all of them are blocked:\n" in page(plan)

    def test_where_some_is_blocked_the_exit_code_is_named(self) -> None:
        step = paint(next_step(s.EVERYTHING))
        assert "   (without what is blocked; exit code 4)" in step


class TestPage:
    def test_the_legend_has_only_the_symbols_in_use(self) -> None:
        assert "  + create   ~ update in-place\n" in page(s.FIRST)
        assert "destroy and then create" not in page(s.FIRST)

    def test_many_clusters_are_counted_by_version(self) -> None:
        seen = {f"c{n}": SeenCluster(f"c{n}", "", "1.20.0" if n else "1.18.2") for n in range(40)}
        assert "Read 40 clusters (11 requests): 1 × 1.18.2 · 39 × 1.20.0\n" in page(s.plan(clusters=seen))

    def test_nothing_was_read(self) -> None:
        assert page(s.plan(clusters={})).startswith("Read no cluster.\n")

    @pytest.mark.parametrize("plan", [s.FIRST, s.EVERYTHING, s.DRIFT_ONLY, s.NOTHING])
    def test_no_trailing_blanks_and_no_double_blank_lines(self, plan: Plan) -> None:
        text = page(plan)
        assert "\n\n\n" not in text
        assert [line for line in text.splitlines() if line != line.rstrip()] == []

    def test_every_action_is_on_the_summary_page(self) -> None:
        text = page(s.EVERYTHING, summary=True)
        assert [str(c.address) for c in s.EVERYTHING.actions if str(c.address) not in text] == []

    def test_blocked_says_by_what_and_where(self) -> None:
        assert "would be destroyed   BLOCKED  protected (teams/net.yaml:8:3)\n" in page(s.EVERYTHING)


class TestBodies:
    def test_a_peer_name_becomes_its_cluster_where_the_peering_is_at_hand(self) -> None:
        sources = {"Sources": [s.source("web", "us-prod", Action="allow")]}
        change = s.change("service_intentions.dc1/api", Action.CREATE, after=sources)
        names = {"Names": {"dc1": "us-prod", "dc2": "eu-prod"}}
        assert body(change) == ["  +   web peer=us-prod   allow"]
        assert body(change, Peers([(s.at("peering.dc1/dc2"), names)])) == ["  +   web@dc2   allow"]

    def test_a_peer_name_is_local_to_its_cluster(self) -> None:
        peers = Peers([(s.at("peering.dc1/dc2"), {"Names": {"dc1": "x", "dc2": "y"}})])
        assert (peers.cluster("dc1", "x"), peers.cluster("dc2", "y")) == ("dc2", "dc1")
        assert peers.cluster("dc3", "x") is None

    @pytest.mark.parametrize("names", [None, {}, "text", {"dc1": 3}])
    def test_odd_names_teach_nothing(self, names: Any) -> None:
        assert Peers([(s.at("peering.dc1/dc2"), {"Names": names})]).cluster("dc1", "3") is None

    def test_an_update_shows_what_changes_and_counts_the_rest(self) -> None:
        change = s.change(
            "service_defaults.dc1/api",
            Action.UPDATE,
            before={"Kind": "service-defaults", "Name": "api", "Protocol": "tcp", "A": 1, "B": {"C": 2}},
            after={"Kind": "service-defaults", "Name": "api", "Protocol": "http", "A": 1, "B": {"C": 2}},
            fields=(FieldChange(("Protocol",), Op.CHANGE, "tcp", "http"),),
        )
        assert body(change) == ['  ~   Protocol: "tcp" -> "http"', "      (2 unchanged attributes hidden)"]

    def test_reordered_rules_are_shown_in_their_new_order(self) -> None:
        turned = {**s.PROBE, "Permissions": s.PROBE["Permissions"][::-1]}
        change = s.change(
            "service_intentions.dc1/api",
            Action.UPDATE,
            before={"Sources": [s.PROBE]},
            after={"Sources": [turned]},
        )
        assert [line.strip() for line in body(change)][1:] == [
            "in this order now:",
            "deny   /*",
            "allow  GET,HEAD /quote*",
        ]

    def test_changed_rules_are_shown_as_gone_and_come(self) -> None:
        rule = {"Action": "deny", "HTTP": {"PathExact": "/x", "Header": [{"Name": "h", "Present": True}]}}
        change = s.change(
            "service_intentions.dc1/api",
            Action.UPDATE,
            before={"Sources": [s.PROBE]},
            after={"Sources": [{**s.PROBE, "Permissions": [*s.PROBE["Permissions"][:1], rule]}]},
        )
        assert [line.strip() for line in body(change)][1:] == [
            "- deny   /*",
            '+ deny   /x Header [{Name = "h", Present = true}]',
        ]

    def test_what_others_own_is_counted_and_named_where_it_is_little(self) -> None:
        four = dataclasses.replace(s.EXPORTS, unmanaged=tuple(("Services", name) for name in "abcd"))
        assert "      (3 services of other owners unchanged: a, b, c)" in body(s.EXPORTS)
        assert "      (4 services of other owners unchanged)" in body(four)

    @pytest.mark.parametrize(
        ("type_", "broken", "shown"),
        [
            ("service_intentions", {"Sources": "x"}, []),
            ("service_intentions", {"Sources": ["x", None]}, []),
            ("service_intentions", {"Sources": [{}]}, ["  +"]),
            ("exported_services", {"Services": 3}, []),
            ("exported_services", {"Sources": [{}]}, ["  +   Sources = [{}]"]),
            ("peering", {"Services": 3}, ["  +   Services = 3"]),
        ],
    )
    def test_items_of_no_known_shape_do_not_break_the_page(
        self, type_: str, broken: dict[str, Any], shown: list[str]
    ) -> None:
        assert body(s.change(f"{type_}.a/b", Action.CREATE, after=broken)) == shown
        gone = body(s.change(f"{type_}.a/b", Action.UPDATE, before=broken, after={}))
        assert gone == (["  -"] if shown == ["  +"] else [])

    @each("reason", Reason)
    @each("action", Action)
    def test_every_action_and_reason_has_words(self, action: Action, reason: Reason) -> None:
        made = s.change("mesh.a/mesh", action, reason, why="so")
        lines = paint(step_lines(made, None, Peers())).splitlines()
        assert lines[0].startswith("  # mesh.a/mesh ")
        assert len(lines[0]) > len("  # mesh.a/mesh ")


class TestValues:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("a", '"a"'),
            (None, "null"),
            (True, "true"),
            (1.5, "1.5"),
            ([], "[]"),
            ({}, "{}"),
            ({"a b": [1, {"c": "d"}]}, '{"a b" = [1, {c = "d"}]}'),
            (Secret("hush"), "(sensitive value)"),
            ({"t": Secret("hush")}, "{t = (sensitive value)}"),
        ],
    )
    def test_text(self, value: Any, text: str) -> None:
        assert value_text(value) == text

    def test_paths(self) -> None:
        assert path_text(("Failover", "*", "Targets", 0, "Peer")) == 'Failover["*"].Targets[0].Peer'
        assert path_text(()) == ""

    def test_leaves_are_counted(self) -> None:
        assert count_leaves({"a": 1, "b": [1, 2, {"c": 3}], "d": {}, "e": []}) == 6

    @pytest.mark.parametrize(
        ("elapsed", "text"), [(0, "0.0s"), (-1, "0.0s"), (0.64, "0.6s"), (9.96, "10s"), (75, "1m15s")]
    )
    def test_durations(self, elapsed: float, text: str) -> None:
        assert seconds(elapsed) == text

    def test_cutting(self) -> None:
        line = ["abc", "def"]
        assert cut(line, 6) == line
        assert paint([cut(line, 5)]) == "abcd…\n"
        assert width(cut(line, 5)) == 5


class TestCarets:
    @pytest.mark.parametrize(
        ("source", "column", "width"),
        [
            ("\tname: x", 8, 1),
            ("a: \x1b[31m", 4, 5),
            ("k: " + "é" * 10, 4, 10),
            ("x" * 500 + "HERE", 501, 4),
            ("HERE" + "x" * 500, 1, 4),
            ("short", 1, 99),
        ],
    )
    def test_the_caret_is_below_the_problem(self, source: str, column: int, width: int) -> None:
        item = Diagnostic(Severity.ERROR, "c", "s", Position("f", 3, column), source=source, width=width)
        _, line, caret = paint(diagnostic_lines(item)).splitlines()
        begins = caret.index("^")
        expected = paint([[source[column - 1]]]).rstrip("\n")
        assert line[begins:].startswith(expected)
        assert len(caret) <= len(line)

    def test_a_place_beyond_the_line_is_still_shown(self) -> None:
        item = Diagnostic(Severity.ERROR, "c", "s", Position("f", 3, 50), "do", source="ab")
        assert paint(diagnostic_lines(item)).splitlines()[2].endswith("^ do")


def big(number: int) -> Plan:
    changes = [
        s.change(
            f"service_intentions.dc1/s{n}",
            Action.CREATE if n % 2 else Action.UPDATE,
            Reason.DECLARED if n % 2 else Reason.CHANGED,
            before={"Sources": [s.source("web", "dc2", Action="deny")]},
            after={"Sources": [s.source("web", "dc2", Action="allow"), s.source("*", Action="deny")]},
            index=n,
        )
        for n in range(1, number + 1)
    ]
    return s.plan(*changes)


def test_a_long_plan_is_complete_and_its_work_grows_no_faster_than_it() -> None:
    plans = {number: big(number) for number in (250, 2_000)}

    def shows(number: int) -> None:
        assert page(plans[number]).count(" will be ") == number

    assert growth(shows, 250, 2_000) < 1.5
