"""An approved change on an object that somebody else wrote meanwhile: the same change, or a conflict."""

from __future__ import annotations

from typing import Any

from reconciler.engine.bodies.rebase import rebased
from reconciler.model.change import Action, Change
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Present
from tests.support.memory import KINDS

SHARE = KINDS["share"]
ADDRESS = Address.parse("share.dc1/default")


def item(name: str, *peers: str) -> dict[str, Any]:
    return {"Name": name, "To": [{"Peer": peer} for peer in peers]} if peers else {"Name": name}


def items(*found: dict[str, Any]) -> dict[str, Any]:
    return {"Items": list(found)}


def moved(change: Change, *live: dict[str, Any]) -> dict[str, Any] | None:
    found = rebased(SHARE, change, Present(items(*live), 9))
    if found is None:
        return None
    assert found.observed_version == 9
    return dict(found.after) if found.after is not None else {}


def change(
    action: Action, before: dict[str, Any] | None, after: dict[str, Any] | None, **more: Any
) -> Change:
    return Change(ADDRESS, action, provider="memory", before=before, after=after, observed_version=1, **more)


def test_an_update_goes_on_beside_what_others_added() -> None:
    ours = items(item("a", "x", "y"))
    update = change(Action.UPDATE, items(item("a", "x")), ours, owned=ours)
    assert moved(update, item("a", "x"), item("b")) == items(item("a", "x", "y"), item("b"))


def test_an_update_goes_on_where_others_removed_their_own() -> None:
    ours = items(item("a", "x", "y"))
    update = change(
        Action.UPDATE, items(item("a", "x"), item("b")), items(*ours["Items"], item("b")), owned=ours
    )
    assert moved(update, item("a", "x")) == ours


def test_what_was_to_be_created_is_added_to_what_others_made() -> None:
    ours = items(item("a"))
    assert moved(change(Action.CREATE, None, ours, owned=ours), item("b")) == items(item("a"), item("b"))


def test_a_removal_takes_only_ours() -> None:
    delete = change(Action.DELETE, items(item("a")), None)
    assert moved(delete, item("a"), item("b")) == items(item("b"))


def test_a_removal_of_all_that_is_left_deletes() -> None:
    delete = change(Action.DELETE, items(item("a"), item("b")), items(item("b")))
    assert moved(delete, item("a")) == {}


def test_our_own_part_changed_by_somebody_stays_a_conflict() -> None:
    ours = items(item("a", "x", "y"))
    update = change(Action.UPDATE, items(item("a", "x")), ours, owned=ours)
    assert moved(update, item("a", "x", "intruder")) is None


def test_our_own_item_made_by_somebody_meanwhile_stays_a_conflict() -> None:
    ours = items(item("a", "x"))
    assert moved(change(Action.CREATE, None, ours, owned=ours), item("a", "z")) is None


def test_an_object_that_went_with_the_others_last_item_is_recreated() -> None:
    ours = items(item("a"))
    update = change(Action.UPDATE, items(item("b")), items(item("a"), item("b")), owned=ours)

    found = rebased(SHARE, update, None)

    assert found is not None
    assert (found.action, found.before, found.after, found.observed_version) == (
        Action.CREATE,
        None,
        ours,
        None,
    )


def test_an_object_that_went_with_an_item_of_ours_stays_a_conflict() -> None:
    ours = items(item("a", "x", "y"))
    update = change(Action.UPDATE, items(item("a", "x"), item("b")), items(*ours["Items"]), owned=ours)
    assert rebased(SHARE, update, None) is None


def test_what_is_no_container_and_is_gone_was_removed_on_purpose() -> None:
    update = change(Action.UPDATE, {"Size": 1}, {"Size": 1, "Open": True}, owned={"Open": True})
    assert rebased(KINDS["entry"], update, None) is None


def test_a_field_of_ours_that_somebody_gave_another_value_stays_a_conflict() -> None:
    update = change(Action.UPDATE, {"Size": 1}, {"Size": 2}, owned={"Size": 2})
    assert rebased(KINDS["entry"], update, Present({"Size": 3}, 9)) is None
    moved_on = rebased(KINDS["entry"], update, Present({"Size": 1, "Open": True}, 9))
    assert moved_on is not None
    assert moved_on.after == {"Size": 2, "Open": True}
