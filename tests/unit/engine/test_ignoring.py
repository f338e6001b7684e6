"""Ignored places of a body are as they are live: by field, by map key, by item."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.engine.bodies.ignoring import as_live, has_any
from reconciler.engine.bodies.rebase import rebased
from reconciler.model.change import Action, Change
from reconciler.model.ignoring.classes import DriftClass
from reconciler.model.ignoring.rules import IgnoreRule
from reconciler.model.plan import Mode
from reconciler.sdk.address import Address
from reconciler.sdk.kinds import Foreign, KeyedBy, Rule
from reconciler.sdk.provider import Condition, Present
from reconciler.sdk.secrets.sensitive import Sensitive
from tests.support.memory import KINDS, MemoryServers
from tests.support.plans import desired, plan, recorded, resource, state

ITEM = Rule({"Name": Rule(), "Peer": Rule(), "Action": Rule(), "Description": Rule()})
RULE = Rule(
    {
        "Protocol": Rule(),
        "Meta": Rule(is_map=True),
        "Nested": Rule({"Deep": Rule(), "Flat": Rule()}),
        "Sources": Rule(keyed=KeyedBy(("Name", "Peer"), Foreign.REMOVE), each=ITEM),
        "Routes": Rule(each=Rule({"Path": Rule(), "Timeout": Rule()})),
        "Config": Rule(opaque=True),
    }
)
WEB = {"Name": "web", "Peer": "dc2", "Action": "allow"}
LIVE_WEB = {"Name": "web", "Peer": "dc2", "Action": "deny", "Description": "theirs"}
INTRUDER = {"Name": "intruder", "Action": "allow"}


@pytest.mark.parametrize(
    ("body", "live", "path", "result"),
    [
        ({"Protocol": "http"}, {"Protocol": "tcp"}, ("Protocol",), {"Protocol": "tcp"}),
        ({"Protocol": "http"}, {"Protocol": "tcp"}, ("protocol",), {"Protocol": "tcp"}),
        ({"Protocol": "http"}, {}, ("Protocol",), {}),
        ({}, {"Protocol": "tcp"}, ("Protocol",), {"Protocol": "tcp"}),
        ({"Meta": {"a": "1", "b": "1"}}, {"Meta": {"a": "2", "b": "2"}}, ("Meta", "a"),
         {"Meta": {"a": "2", "b": "1"}}),
        ({"Meta": {"a": "1"}}, {"Meta": {"a": "2", "c": "3"}}, ("Meta", "*"), {"Meta": {"a": "2", "c": "3"}}),
        ({"Meta": {"team-a": "1", "x": "1"}}, {}, ("Meta", "team-*"), {"Meta": {"x": "1"}}),
        ({}, {"Meta": {"a": "2"}}, ("Meta", "a"), {"Meta": {"a": "2"}}),
        ({"Meta": {"A": "1"}}, {"Meta": {"a": "2"}}, ("Meta", "a"), {"Meta": {"A": "1", "a": "2"}}),
        ({"Nested": {"Deep": 1, "Flat": 1}}, {"Nested": {"Deep": 2}}, ("Nested", "Deep"),
         {"Nested": {"Deep": 2, "Flat": 1}}),
        ({"Sources": [WEB]}, {"Sources": [LIVE_WEB]}, ("Sources", "web@dc2", "Action"),
         {"Sources": [WEB | {"Action": "deny"}]}),
        ({"Sources": [WEB]}, {"Sources": [LIVE_WEB]}, ("Sources", "Action"),
         {"Sources": [WEB | {"Action": "deny"}]}),
        ({"Sources": [WEB]}, {"Sources": [LIVE_WEB, INTRUDER]}, ("Sources", "intruder"),
         {"Sources": [INTRUDER, WEB]}),
        ({"Sources": [WEB, INTRUDER]}, {"Sources": [WEB]}, ("Sources", "intruder"), {"Sources": [WEB]}),
        ({"Sources": [WEB]}, {}, ("Sources", "web@dc2", "Action"), {"Sources": [WEB]}),
        ({}, {"Sources": [LIVE_WEB]}, ("Sources", "web@dc2", "Action"), {}),
        ({"Routes": [{"Path": "/a", "Timeout": 1}, {"Path": "/b", "Timeout": 1}]},
         {"Routes": [{"Path": "/z", "Timeout": 9}]}, ("Routes", "*", "Timeout"),
         {"Routes": [{"Path": "/a", "Timeout": 9}, {"Path": "/b", "Timeout": 1}]}),
        ({"Routes": [{"Path": "/a", "Timeout": 1}]}, {"Routes": [{"Path": "/z", "Timeout": 9}]},
         ("Routes", 0, "Path"), {"Routes": [{"Path": "/z", "Timeout": 1}]}),
        ({"Config": {"a": 1, "b": 1}}, {"Config": {"a": 2, "c": 2}}, ("Config", "a"),
         {"Config": {"a": 2, "b": 1}}),
    ],
)  # fmt: skip
def test_a_place_is_as_it_is_live(body: Any, live: Any, path: Any, result: Any) -> None:
    assert as_live(RULE, body, live, [path]) == result


def test_without_paths_a_body_stays_as_it_is() -> None:
    assert as_live(RULE, {"Protocol": "http"}, {"Protocol": "tcp"}, ()) == {"Protocol": "http"}


def test_a_place_inside_a_sensitive_value_is_found_and_stays_sensitive() -> None:
    out = as_live(RULE, {"Config": Sensitive({"a": 1, "b": 1})}, {"Config": {"a": 2}}, [("Config", "a")])

    assert isinstance(out["Config"], Sensitive)
    assert out["Config"].reveal() == {"a": 2, "b": 1}


def test_what_is_sealed_stays_as_it_is() -> None:
    sealed = Sensitive(digest="00")

    assert as_live(RULE, {"Config": sealed}, {"Config": {"a": 2}}, [("Config", "a")])["Config"] is sealed


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("Meta", "a"), True),
        (("Meta", "x"), False),
        (("Sources", "web@dc2", "Action"), True),
        (("Sources", "Action"), True),
        (("Sources", "nobody", "Action"), False),
        (("Nix",), False),
    ],
)
def test_whether_a_body_has_a_place_is_known(path: Any, found: bool) -> None:
    assert has_any(RULE, {"Meta": {"a": "1"}, "Sources": [WEB]}, [path]) is found


def test_a_place_inside_a_sensitive_value_may_be_there() -> None:
    body = {"Config": Sensitive(digest="00")}
    assert has_any(RULE, body, [("Config", "a")])
    assert not has_any(RULE, body, [("Meta", "a")])


async def test_an_object_that_may_be_down_is_not_unhealthy_and_that_is_noted() -> None:
    world = MemoryServers()
    world.put("link.dc1/dc2", {"Names": {"dc1": "a"}})
    world.conditions[Address.parse("link.dc1/dc2")] = (Condition.UNHEALTHY, "no heartbeat")
    body = {"Names": {"dc1": "a"}}
    rule = IgnoreRule(("link.*",), classes=frozenset({DriftClass.UNHEALTHY}), reason="a lab")
    want, known = desired(resource("link.dc1/dc2", body)), state(recorded("link.dc1/dc2", body))

    for mode in (Mode.NORMAL, Mode.REFRESH_ONLY):
        assert (await plan(world, want, known, mode)).unhealthy != ()
        quiet = await plan(world, want, known, mode, ignores=(rule,))
        assert quiet.unhealthy == ()
        assert [(item.kind, item.reason) for _, item in quiet.ignored] == [(DriftClass.UNHEALTHY, "a lab")]


async def test_of_an_object_that_is_broken_nothing_is_listed_as_ignored() -> None:
    world = MemoryServers()
    world.put("link.dc1/dc2", {"Names": {"dc1": "a"}, "Meta": {"owner": "theirs"}})
    body = {"Names": {"dc1": "a"}, "Meta": {"owner": "ours"}}
    rule = IgnoreRule(("link.*",), fields=(("Meta",),), reason="the portal writes it")
    want, known = desired(resource("link.dc1/dc2", body)), state(recorded("link.dc1/dc2", body))

    assert [item.path for _, item in (await plan(world, want, known, ignores=(rule,))).ignored] == [
        ("Meta", "owner")
    ]
    world.conditions[Address.parse("link.dc1/dc2")] = (Condition.BROKEN, "the other side ended it")
    assert (await plan(world, want, known, ignores=(rule,))).ignored == ()


async def test_a_change_is_rebased_on_what_another_writer_made_of_an_ignored_field() -> None:
    kind = KINDS["entry"]
    change = Change(
        Address.parse("entry.dc1/a"),
        Action.UPDATE,
        provider="memory",
        before={"Size": 7, "Other": 1},
        after={"Size": 7, "Other": 2},
        owned={"Size": 1, "Other": 2},
        ignores=(("Size",),),
    )
    again = rebased(kind, change, Present({"Size": 9, "Other": 1}, 3))

    assert again is not None
    assert again.after == {"Size": 9, "Other": 2}
    assert rebased(kind, replace(change, ignores=()), Present({"Size": 9, "Other": 1}, 3)) is None
