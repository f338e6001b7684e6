"""What a run that leaves something out must not do, and which pairs are done so."""

from __future__ import annotations

from dataclasses import replace

from tests.transitions.computed.access import ALL, REQUESTS, Allowed, Call
from tests.transitions.lab import Ran
from tests.transitions.parts import Part, broken, part_of

CALL = Call("allow", "web", "dc2", "api", "dc1")
FIRST_KIND = sum(1 << bit for bit, request in enumerate(REQUESTS) if request[:2] == REQUESTS[0][:2])
SHOWN = {("dc2", "dc1", "api")}
OTHER = Call("allow", "job", "dc2", "api", "dc1")


def ran(*after: Allowed) -> Ran:
    """A run that began with two kinds of requests of one caller, and what was allowed after its writes."""
    return Ran(None, between=[("PUT /v1/config", one, frozenset()) for one in after], start={CALL: ALL})


def test_pairs_are_done_in_part_in_every_way() -> None:
    parts = [part_of(seed) for seed in range(12)]
    assert set(parts) == set(Part)
    assert parts.count(Part.TARGET) == 6


def test_a_run_without_deletes_keeps_every_entry() -> None:
    held = {("dc1", "service-defaults", "api"): {}}
    assert broken(Part.NO_DELETE, ran(), held, {}, SHOWN)
    kept = {**held, ("dc1", "service-defaults", "web"): {}}
    assert not broken(Part.NO_DELETE, ran(), held, kept, SHOWN)
    assert not broken(Part.TARGET, ran(), held, {}, SHOWN)


def test_a_safe_run_takes_no_access_away_for_a_while_either() -> None:
    assert broken(Part.ONLY_SAFE, ran({CALL: ALL}, {CALL: FIRST_KIND}, {CALL: ALL}), {}, {}, SHOWN)
    assert broken(Part.ONLY_SAFE, ran({}, {CALL: ALL}), {}, {}, SHOWN)
    assert not broken(Part.ONLY_SAFE, ran({CALL: ALL, OTHER: 1}, {CALL: ALL}), {}, {}, SHOWN)
    assert not broken(Part.EXCLUDE, ran({}), {}, {}, SHOWN)


def test_a_safe_run_keeps_what_the_default_of_these_servers_lets_pass() -> None:
    call = replace(CALL, default="deny")
    lost = Ran(None, between=[("", {}, frozenset())], start={call: 1})
    assert not broken(Part.ONLY_SAFE, lost, {}, {}, SHOWN)


def test_a_token_that_is_asked_for_takes_nothing_where_the_default_is_to_allow() -> None:
    with_token = sum(1 << bit for bit, request in enumerate(REQUESTS) if request[2] == "auth0")
    assert not broken(Part.ONLY_SAFE, ran({CALL: with_token}), {}, {}, SHOWN)
    assert broken(Part.ONLY_SAFE, ran({CALL: with_token & FIRST_KIND}), {}, {}, SHOWN)


def test_a_name_that_redirects_is_answered_from_elsewhere() -> None:
    leads = {("dc1", "service-resolver", "api"): {"Redirect": {"Service": "web"}}}
    assert not broken(Part.ONLY_SAFE, ran({}), {}, leads, SHOWN)
    splits = {("dc1", "service-splitter", "api"): {"Splits": [{"Service": "web", "Weight": 100}]}}
    assert not broken(Part.ONLY_SAFE, ran({}), {}, splits, SHOWN)
    partly = {("dc1", "service-splitter", "api"): {"Splits": [{"Service": "web"}, {"Weight": 50}]}}
    assert broken(Part.ONLY_SAFE, ran({}), {}, partly, SHOWN)


def test_who_is_led_to_a_service_by_another_name_does_not_lose_it() -> None:
    assert not broken(Part.ONLY_SAFE, ran({}), {}, {}, {("dc2", "dc1", "web")})
    local = replace(CALL, caller="dc1")
    lost = Ran(None, between=[("", {}, frozenset())], start={local: ALL})
    assert broken(Part.ONLY_SAFE, lost, {}, {}, set())
