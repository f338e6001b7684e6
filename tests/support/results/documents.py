"""Documents for tests of reports, with names that try to break out of every format."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from hypothesis import strategies as st

from reconciler.model.change import Action, Change, FieldChange, Op
from reconciler.model.event import Failed, Outcome
from reconciler.model.plan import Deferred
from reconciler.model.reaching.diff import AccessDiff, Between, Effect, Path, Radius, Risk
from reconciler.render.apply import stream
from reconciler.render.plan.as_json import plan_value
from reconciler.sdk.access.answer import Decision
from reconciler.sdk.access.question import Service
from reconciler.sdk.address import Address
from reconciler.sdk.errors import Denied
from tests.support import samples as s

BREAKERS = (
    "@octocat", "@org/team", "a@b.com", "https://evil.com/x", "www.evil.com", "[x](https://evil.com)",
    "![x](https://evil.com/p.png)", "<img src=x onerror=alert(1)>", "<script>alert(1)</script>",
    "</details>", "</pre>", "<!-- -->", "-->", "|", "||", "\\|", "`", "``", "```", "````", "~~~", "\n",
    "\r\n", "\u2028", "\n\n# heading", "\n/merge", "\n- item", "\n> quote", "::error::x",
    "\n::error::x", "##[error]x", "%0A::error::x", "\u202e", "\u2066", "\u200b", "\x00", "\x1b[31m",
    "]]>", "&lt;", "&amp;", "&#64;octocat", "#123", "GH-1", "!12", "$x$", "$$", "**x**", "_x_", "\\",
    "'", '"', "mailto:x@y.com", "ftp://evil.com", "ｅｖｉｌ", "\ud800", "{{ x }}", "${{ github.token }}",
    "javascript:alert(1)",
)  # fmt: skip
hostile = st.lists(st.sampled_from(BREAKERS) | st.text(max_size=5), min_size=1, max_size=4).map("".join)


def plan_document(plan: Any, **more: Any) -> Any:
    """Return what `plan --json` prints of a plan."""
    return json.loads(json.dumps(plan_value(plan, "0.1.0", timestamp="2026-01-01T00:00:00Z", **more)))


@st.composite
def hostile_documents(draw: Any) -> Any:
    """Documents in which everything that a server or a user may name is hostile."""
    name = "".join(draw(hostile).split()) or "x"
    where = Address("service_defaults", "dc1", name)
    words = draw(hostile)
    body = {words: draw(hostile), "Meta": {draw(hostile): draw(hostile)}}
    change = s.change(
        "mesh.dc1/mesh", draw(st.sampled_from([Action.CREATE, Action.UPDATE, Action.DELETE])),
        before=body, after=body,
        fields=(FieldChange((words, draw(hostile)), Op.CHANGE, draw(hostile), words),),
        why=words, index=1, notes=(words,),
    )  # fmt: skip
    change = dataclasses.replace(change, address=where)
    path = Path(
        Service(draw(hostile), draw(hostile)), Service(draw(hostile), name), draw(st.sampled_from(Effect)),
        Decision.DENIED, Decision.DEPENDS, (), (draw(hostile),), words,
    )  # fmt: skip
    radius = Radius(where, Risk.OPENS, words, 1, paths=(words,))
    access = AccessDiff((path,), 1, (Between("a", "b", 1, 1, 1),), (radius,), {draw(hostile): words})
    seen = dataclasses.replace(s.CLUSTERS["north"], problem=draw(hostile), hint=draw(hostile))
    policy = dataclasses.replace(s.FOUND, policy=draw(hostile), path=words, reason=draw(hostile))
    plan = s.plan(
        change, deferred=(Deferred(where, draw(hostile), draw(hostile)),), warnings=(draw(hostile),),
        access=access, policies=(policy,), clusters={draw(hostile): seen},
    )  # fmt: skip
    document = plan_document(plan, next_step=draw(hostile))
    document["ignored"] = [{"address": str(where), "path": words, "reason": words, "until": words}]
    document["held_back"] = words
    document["safety"] = [{"text": words, "flag": draw(hostile)}]
    return document | {"revision": {"commit": words, "branch": draw(hostile), "dirty": True}}


def apply_lines(plan: Any = s.FIRST, outcome: Outcome = s.PARTLY) -> list[Any]:
    """Return what `apply --json` prints."""
    events = (*outcome.failed, *outcome.skipped, *outcome.unconfirmed)
    messages = [
        stream.version_message("0.1.0"),
        *stream.plan_messages(plan),
        *map(stream.event_message, events),
        stream.outcome_message(plan, outcome),
    ]
    return [json.loads(json.dumps({**one, "@timestamp": "2026-01-01T00:00:00Z"})) for one in messages]


@st.composite
def hostile_applies(draw: Any) -> list[Any]:
    """Lines of an apply whose errors are hostile."""
    words = draw(hostile)
    change: Change = s.change("mesh.dc1/mesh", Action.CREATE, index=1)
    failed = Failed(change.address, Action.CREATE, 1.0, Denied(words, hint=draw(hostile)))
    return apply_lines(s.plan(change), Outcome(failed=(failed,)))


def many(number: int) -> Any:
    """Return a document of a plan with this many actions, with a body each."""
    changes = [_numbered(index) for index in range(1, number + 1)]
    risky = Radius(changes[-1].address, Risk.BREAKS, "the peering goes", breaks=3, paths=("a@dc1 -> b@dc2",))
    return plan_document(s.plan(*changes, access=AccessDiff(radii=(risky,))))


def _numbered(index: int) -> Change:
    actions = (Action.CREATE, Action.UPDATE, Action.DELETE, Action.REPLACE)
    action = actions[index % 4] if index % 3 else Action.CREATE
    old = {"Protocol": "http", "Meta": {"n": str(index)}}
    fields = (FieldChange(("Protocol",), Op.CHANGE, "http", "http2"),)
    return s.change(
        f"service_defaults.dc{index % 5}/service-{index}",
        action,
        index=index,
        before=None if action is Action.CREATE else old,
        after=None if action is Action.DELETE else {**old, "Protocol": "http2"},
        fields=fields if action is Action.UPDATE else (),
    )
