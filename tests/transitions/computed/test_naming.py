"""Which openings the oracle forgives: those that an interim step names, while it stands, and no others."""

from __future__ import annotations

import pytest

from reconciler.model.change import Action, Change, Interim
from reconciler.model.plan import Mode, Plan
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Way
from tests.transitions.computed.naming import Naming, ends
from tests.transitions.computed.test_access import Held

SAID = "until it is back, all requests for api go to api itself, none to db"
API = Address("service_resolver", "dc1", "api")


@pytest.fixture
def held() -> Held:
    """`api` of dc1 leads to `db` and is exported to dc2; dc3 is a peer, too."""
    held = Held()
    held.peer("dc1", "dc2", "east")
    held.peer("dc1", "dc3", "west")
    held.put("dc1", "proxy-defaults", "global", Config={"protocol": "http"})
    held.put("dc1", "service-resolver", "api", Redirect={"Service": "db"})
    export(held, "east")
    return held


def export(held: Held, *peers: str) -> None:
    services = [{"Name": "api", "Consumers": [{"Peer": peer} for peer in peers]}]
    held.put("dc1", "exported-services", "default", Services=services)


def change(*, opens: bool = True, interim: bool = True) -> Change:
    step = Interim(Way.TAKE_DOWN, 1, None, meanwhile=SAID, opens=opens) if interim else None
    return Change(API, Action.REPLACE, provider="consul", before={}, after={}, index=2, interim=step)


def following(held: Held, *changes: Change) -> Naming:
    naming = Naming(held.access)
    naming.plan(Plan(Mode.NORMAL, changes=changes))
    return naming


def take_down(held: Held, naming: Naming) -> None:
    held.ask("dc1", "DELETE", "/v1/config/service-resolver/api")
    naming.wrote()


def put_back(held: Held, naming: Naming) -> None:
    held.put("dc1", "service-resolver", "api", Redirect={"Service": "db"})
    naming.wrote()


def test_a_step_names_callers_and_services_until_its_object_is_back(held: Held) -> None:
    naming = following(held, change())
    assert naming.now() == frozenset()
    take_down(held, naming)
    assert naming.now() == {("dc2", "api", "dc1")}
    put_back(held, naming)
    assert naming.now() == frozenset()


def test_who_gets_the_name_only_meanwhile_is_not_named(held: Held) -> None:
    naming = following(held, change())
    take_down(held, naming)
    export(held, "east", "west")
    naming.wrote()
    assert {caller for caller, _, _ in naming.now()} == {"dc2"}


def test_callers_of_names_that_lead_there_are_named(held: Held) -> None:
    held.put("dc1", "service-resolver", "web", Failover={"*": {"Targets": [{"Service": "api"}]}})
    services = [{"Name": "web", "Consumers": [{"Peer": "west"}]}]
    held.put("dc1", "exported-services", "default", Services=services)
    naming = following(held, change())
    take_down(held, naming)
    assert naming.now() == {("dc3", "api", "dc1")}


def test_a_step_that_does_not_say_that_it_opens_names_nothing(held: Held) -> None:
    naming = following(held, change(opens=False))
    take_down(held, naming)
    assert naming.now() == frozenset()


def test_what_a_run_left_at_an_interim_step_is_named_until_put_back(held: Held) -> None:
    naming = following(held, change())
    take_down(held, naming)
    naming.plan(Plan(Mode.NORMAL, changes=(change(interim=False),)))
    assert naming.now() == {("dc2", "api", "dc1")}
    put_back(held, naming)
    assert naming.now() == frozenset()


def test_what_was_never_taken_down_is_not_named_in_the_next_run(held: Held) -> None:
    naming = following(held, change())
    naming.plan(Plan(Mode.NORMAL, changes=(change(interim=False),)))
    put_back(held, naming)
    assert naming.now() == frozenset()


def test_the_services_are_those_of_the_sentence() -> None:
    assert ends(SAID) == {"api"}
    places = "web itself, redis (subset v1), db in dc9 and api of peer b"
    assert ends(f"until it is back, all requests for web go to {places}") == {"web", "redis"}
    assert ends("until it is back, the gateway gw serves no requests for api and db") == set()
