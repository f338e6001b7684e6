"""What a generation recorded, as what is desired: values behind digests are used where they are at hand."""

from __future__ import annotations

from reconciler.engine.planning.undoing import opened
from reconciler.sdk.secrets.sensitive import Seal, Sensitive

SEAL = Seal("k" * 64)


def sealed(value: object) -> Sensitive:
    return Sensitive(digest=SEAL.digest(value), seal=SEAL)


def test_a_digest_is_opened_by_its_value_anywhere_in_what_is_known() -> None:
    body = {"Config": {"auth": sealed("secret")}, "Name": "api"}
    found = opened(body, {"Other": [{"deep": "secret"}]})
    assert found["Config"]["auth"].reveal() == "secret"
    assert found["Name"] == "api"


def test_a_whole_list_may_be_behind_a_digest() -> None:
    found = opened({"Keys": sealed(["a", "b"])}, {"Keys": ["a", "b"]})
    assert found["Keys"].reveal() == ["a", "b"]


def test_a_known_sensitive_value_opens_a_digest_too() -> None:
    assert opened({"a": sealed("x")}, {"b": Sensitive("x")})["a"].known


def test_other_values_open_nothing() -> None:
    body = {"a": sealed("x")}
    assert not opened(body, {"a": "y", "x": 1})["a"].known
    assert not opened(body)["a"].known
