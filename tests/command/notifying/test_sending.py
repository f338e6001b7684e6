"""Notifications: what a receiver gets, which ones are repeated, and that none can hold up or fail a run."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.app.notifying import sending
from reconciler.app.options import Options
from reconciler.model.auditing.entry import Counts
from reconciler.model.failure import ExitCode
from reconciler.model.notifying.news import News
from reconciler.model.plan import Selection
from reconciler.model.verdict.value import Verdict, Word
from reconciler.sdk.secrets.secret import Secret
from tests.docs.checked import ROOT
from tests.support.command.receiver import CLOSE, HANG, receiver
from tests.support.lab import Lab

APPLIED = News(
    "apply", Verdict(ExitCode.OK, Word.APPLIED, "Apply complete!"), "0123-4567", 7, Counts(added=2)
)
FAILED = News(
    "apply", Verdict(ExitCode.PARTIAL, Word.PARTIAL, "1 applied, 1 failed"), addresses=("peering.dc1/dc2",)
)
DRIFT = News("drift", Verdict(ExitCode.CHANGES, Word.DRIFT, "2 differ"), drift={"changed": 2})


def options(folder: Path, *hooks: dict[str, Any], **environ: str) -> Options:
    (folder / "reconciler.yaml").write_text(json.dumps({"notify": list(hooks)}))
    (folder / "main.yaml").write_text("name: shop\nclusters: {dc1: {address: 'http://127.0.0.1:1'}}\n")
    return Options(root=folder, environ=environ)


async def test_a_webhook_has_the_whole_document(tmp_path: Path) -> None:
    with receiver() as one:
        given = options(tmp_path, {"url": one.url}, GITHUB_ACTIONS="true", GITHUB_ACTOR="octocat")
        assert await app.notify(given, APPLIED, now=lambda: 1_800_000_000.0) == ()
    (headers, _), (document,) = one.requests[0], one.bodies
    assert headers["content-type"] == "application/json"
    assert headers["x-reconciler-event"] == document["event"] == "applied"
    assert headers["x-reconciler-delivery"] == document["id"]
    assert "x-reconciler-signature" not in headers
    assert document["verdict"] == {"exit_code": 0, "word": "applied", "text": "Apply complete!"}
    assert (document["configuration"], document["operation"], document["plan"]) == (
        "shop", "apply", {"fingerprint": "0123-4567"},
    )  # fmt: skip
    assert (document["state"], document["counts"]["added"]) == ({"place": "state", "serial": 7}, 2)
    assert (document["actor"]["name"], document["at"]) == ("octocat", "2027-01-15T08:00:00Z")


@pytest.mark.parametrize(("name", "shown"), [("as read", "as read"), ("", None), (None, "shop")])
async def test_the_name_is_that_of_the_configuration_that_the_run_read(
    tmp_path: Path, name: str | None, shown: str | None
) -> None:
    with receiver() as one:
        given = options(tmp_path, {"url": one.url})
        assert await app.notify(given, replace(APPLIED, configuration=name)) == ()
    assert one.bodies[0]["configuration"] == shown


async def test_a_run_says_which_configuration_it_read(tmp_path: Path) -> None:
    lab = Lab(tmp_path, 1)
    lab.write("name: shop\n" + lab.clusters_yaml() + "service_defaults: {dc1: {api: {protocol: http}}}\n")
    assert (await lab.apply()).configuration == "shop"
    assert (await app.drift(lab.options(), Selection())).configuration == "shop"


async def test_the_signature_is_over_the_time_and_the_raw_body(tmp_path: Path) -> None:
    with receiver() as one:
        given = options(tmp_path, {"url": one.url, "secret_env": "HOOK_KEY"}, HOOK_KEY="k" * 32)
        assert await app.notify(given, APPLIED, now=lambda: 1_800_000_000.0) == ()
    headers, body = one.requests[0]
    expected = hmac.new(b"k" * 32, b"1800000000." + body, hashlib.sha256).hexdigest()
    assert headers["x-reconciler-signature"] == f"t=1800000000,v1={expected}"


async def test_slack_gets_one_text_in_which_no_name_is_markup(tmp_path: Path) -> None:
    news = replace(FAILED, addresses=tuple(f"peering.<!channel>/{n}" for n in range(12)))
    with receiver() as one:
        assert await app.notify(options(tmp_path, {"url": one.url, "kind": "slack"}), news) == ()
    (body,) = one.bodies
    assert body.keys() == {"text"}
    assert body["text"].startswith(
        "reconciler apply of shop: 1 applied, 1 failed\n• peering.&lt;!channel&gt;/0\n"
    )
    assert "• and 2 more\nby " in body["text"]
    assert "<" not in body["text"]


@pytest.mark.parametrize(("news", "event"), [(APPLIED, "applied"), (FAILED, "failed"), (DRIFT, "drift")])
async def test_each_receiver_hears_of_what_it_asked_for(tmp_path: Path, news: News, event: str) -> None:
    with receiver() as all_, receiver() as some:
        hooks = ({"url": all_.url}, {"url": some.url, "on": ["failed", "drift"]})
        assert await app.notify(options(tmp_path, *hooks), news) == ()
    assert [body["event"] for body in all_.bodies] == [event]
    assert [body["event"] for body in some.bodies] == ([event] if event != "applied" else [])


@pytest.mark.parametrize("word", [Word.NO_CHANGES, Word.CHANGES, Word.CANCELLED])
async def test_what_is_no_news_is_not_sent(tmp_path: Path, word: Word) -> None:
    with receiver() as one:
        news = News("drift", Verdict(ExitCode.OK, word, ""))
        assert await app.notify(options(tmp_path, {"url": one.url}), news) == ()
    assert one.requests == []


@pytest.mark.long
@pytest.mark.parametrize("answer", [429, 500, 503, CLOSE])
async def test_what_may_pass_is_sent_again_and_is_the_same(tmp_path: Path, answer: int) -> None:
    with receiver(answer, answer, 200) as one:
        assert await app.notify(options(tmp_path, {"url": one.url}), APPLIED) == ()
    assert len(one.requests) == 3
    assert len({body for _, body in one.requests}) == 1
    assert len({headers["x-reconciler-delivery"] for headers, _ in one.requests}) == 1


@pytest.mark.parametrize(("answer", "times"), [(500, 1), (CLOSE, 1), (429, 3)])
async def test_slack_would_show_it_twice_so_what_may_have_arrived_is_not_sent_again(
    tmp_path: Path, answer: int, times: int
) -> None:
    with receiver(answer, answer, 200) as one:
        said = await app.notify(options(tmp_path, {"url": one.url, "kind": "slack"}), APPLIED)
    assert len(one.requests) == times
    assert len(said) == (times == 1)


@pytest.mark.parametrize("answer", [400, 403, 404, 410])
async def test_what_is_refused_is_not_sent_again(tmp_path: Path, answer: int) -> None:
    with receiver(answer) as one:
        (said,) = await app.notify(options(tmp_path, {"url": one.url}), APPLIED)
    assert said.startswith("notification 1 was not sent: ")
    assert str(answer) in said
    assert len(one.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_takes_nothing_to_another_server(tmp_path: Path, status: int) -> None:
    with receiver() as other, receiver(status, location=other.url) as one:
        hook = {"url": one.url, "secret_env": "HOOK_KEY"}
        (said,) = await app.notify(options(tmp_path, hook, HOOK_KEY="k" * 32), APPLIED)
    assert "redirects" in said
    assert (len(one.requests), other.requests) == (1, [])


@pytest.mark.long
async def test_a_receiver_that_never_answers_ends_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "PATIENCE", 2.0)
    with receiver(HANG) as slow:
        (said,) = await app.notify(options(tmp_path, {"url": slow.url}), APPLIED)
    assert said == "notification 1 was not sent: no success within 2 s"
    assert slow.requests


async def test_one_receiver_does_not_stop_another(tmp_path: Path) -> None:
    with receiver(403) as one, receiver() as two:
        hooks = ({"url": one.url}, {"url_env": "MISSING"}, {"url": two.url})
        said = await app.notify(options(tmp_path, *hooks), APPLIED)
    assert [text.split(" was")[0] for text in said] == ["notification 1", "notification 2 (MISSING)"]
    assert len(two.requests) == 1


async def test_a_defect_in_a_notification_is_one_sentence_without_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("canary")

    monkeypatch.setattr(sending, "_repeated", broken)
    hooks = ({"url": "http://127.0.0.1:1/"}, {"url": "http://127.0.0.1:1/", "kind": "slack"})
    said = await app.notify(options(tmp_path, *hooks), APPLIED)
    assert said == tuple(f"notification {number} was not sent: RuntimeError" for number in (1, 2))


@pytest.mark.long
async def test_a_receiver_that_is_not_there_is_tried_for_a_bounded_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "PATIENCE", 1.0)
    (said,) = await app.notify(options(tmp_path, {"url": "http://127.0.0.1:1/"}), APPLIED)
    assert said.startswith("notification 1 was not sent: ")


async def test_an_address_from_a_variable_is_in_no_message(tmp_path: Path) -> None:
    with receiver(404) as one:
        url = f"{one.url}?token=canary-in-the-query"
        (said,) = await app.notify(options(tmp_path, {"url_env": "HOOK"}, HOOK=url), APPLIED)
    assert said.startswith("notification 1 (HOOK) was not sent")
    assert "canary" not in said


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("", "the variable HOOK is not set"),
        ("ftp://example.com", "HOOK has no address that can be called"),
        ("http://user:pass@127.0.0.1/", "HOOK has no address that can be called"),
        ("http://[", "HOOK has no address that can be called"),
        ("http://hooks.example.com/x", "HOOK is no https address, and allow_plaintext is not set"),
    ],
)
async def test_an_address_that_cannot_be_used_is_said(tmp_path: Path, value: str, why: str) -> None:
    (said,) = await app.notify(options(tmp_path, {"url_env": "HOOK"}, HOOK=value), APPLIED)
    assert said == f"notification 1 (HOOK) was not sent: {why}"


async def test_a_key_that_is_not_set_sends_nothing(tmp_path: Path) -> None:
    with receiver() as one:
        (said,) = await app.notify(options(tmp_path, {"url": one.url, "secret_env": "KEY"}), APPLIED)
    assert said == "notification 1 was not sent: the variable KEY is not set"
    assert one.requests == []


async def test_secrets_that_the_run_knows_are_masked(tmp_path: Path) -> None:
    canary = Secret("canary-5b1f7a52-in-a-failure")
    verdict = replace(FAILED.verdict, text=f"it said {canary.reveal()}")
    news = replace(FAILED, verdict=verdict, addresses=(f"peering.dc1/{canary.reveal()}",))
    with receiver() as one, receiver() as two:
        hooks = ({"url": one.url}, {"url": two.url, "kind": "slack"})
        assert await app.notify(options(tmp_path, *hooks), news) == ()
    sent = [body for _, body in (*one.requests, *two.requests)]
    assert ["canary" in body.decode() for body in sent] == [False, False]
    assert [body.count(b"(sensitive value)") for body in sent] == [2, 2]


async def test_the_guide_explains_the_document_and_how_to_check_its_signature(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "guides" / "notifications.md").read_text(encoding="utf-8")
    with receiver() as one:
        hook = {"url": one.url, "secret_env": "KEY"}
        assert await app.notify(options(tmp_path, hook, KEY="k" * 32), APPLIED) == ()
    (headers, body), (document,) = one.requests[0], one.bodies
    rows = [row.split(" | ")[0] for row in page.splitlines() if row.startswith("| `")]
    assert sorted(key for row in rows for key in re.findall("`([^`]+)`", row)) == sorted(document)
    known: dict[str, Any] = {}
    exec(page.split("```python\n")[1].split("```")[0], known)  # the guide's own code
    assert known["is_genuine"](headers["x-reconciler-signature"], body, b"k" * 32)
    assert not known["is_genuine"](headers["x-reconciler-signature"], body + b" ", b"k" * 32)
    assert not known["is_genuine"](headers["x-reconciler-signature"], body, b"another")
