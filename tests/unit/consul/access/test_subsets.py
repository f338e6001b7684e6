"""Subsets with a filter: whether an instance is in one is known where the world says how many are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from reconciler.sdk.access.answer import Answer, Decision, Verdict
from reconciler.sdk.access.question import Question, Request, Service, Upstream
from reconciler_consul.access import ConsulAnalysis

SUBSETS = {"new": {"Filter": "Service.Meta.version == new"}, "any": {}}
FAILOVER = {"*": {"Targets": [{"Service": "db"}]}}


def asked(resolver: dict[str, Any], more: Sequence[dict[str, Any]] = (), **counted: Any) -> Answer:
    entry = {
        "Kind": "service-resolver",
        "Name": "api",
        "Subsets": SUBSETS,
        "DefaultSubset": "new",
        **resolver,
    }
    dc1 = {
        "default_intention": "allow",
        "services": [{"name": "web"}, {"name": "db"}, {"name": "api", **counted}],
        "config_entries": [entry, *more],
    }
    question = Question(Service("dc1", "web"), None, Upstream("api"), Request("GET", "/", {}))
    return ConsulAnalysis({"clusters": {"dc1": dc1}, "peerings": []}).answer(question)


@pytest.mark.parametrize(("count", "decision"), [(0, Decision.UNREACHABLE), (2, Decision.ALLOWED)])
def test_a_count_says_whether_an_instance_is_there(count: int, decision: Decision) -> None:
    assert asked({}, subsets={"new": count}).decision is decision


@pytest.mark.parametrize(("count", "who"), [(0, "db@dc1"), (2, "api@dc1")])
def test_a_failover_leaves_a_subset_without_instances(count: int, who: str) -> None:
    assert str(asked({"Failover": FAILOVER}, subsets={"new": count}).answered_by) == who


def test_without_a_count_it_depends() -> None:
    answer = asked({"Failover": FAILOVER})
    assert answer.decision is Decision.DEPENDS
    assert answer.conditions == (
        "an instance of api on dc1 is in the subset new (Service.Meta.version == new)",
    )


def test_a_subset_without_a_filter_is_all_of_the_service() -> None:
    assert asked({"DefaultSubset": "any"}).decision is Decision.ALLOWED


def test_who_is_denied_depends_on_no_instance() -> None:
    """A request that a known intention refuses is let in by nobody, whether an instance is there or not."""
    deny = {"Kind": "service-intentions", "Name": "api", "Sources": [{"Name": "web", "Action": "deny"}]}
    answer = asked({}, more=[deny])
    assert answer.decision is Decision.DENIED
    assert str(answer.denied_at) == "api@dc1"
    assert "instances" in [reason.step for reason in answer.because if reason.verdict is Verdict.UNKNOWN]


def test_who_is_denied_at_each_target_of_a_failover_depends_on_no_instance() -> None:
    """Also where it is not known whether the last target has one: nobody answers either way."""
    both = {"*": {"Targets": [{"Service": "db", "ServiceSubset": "old"}]}}
    subsets = {
        "Kind": "service-resolver",
        "Name": "db",
        "Subsets": {"old": {"Filter": "Service.Meta.v == 1"}},
    }
    denied = [
        {"Kind": "service-intentions", "Name": name, "Sources": [{"Name": "web", "Action": "deny"}]}
        for name in ("api", "db")
    ]
    assert asked({"Failover": both}, more=[subsets, *denied]).decision is Decision.DENIED
    assert asked({"Failover": both}, more=[subsets, denied[1]]).decision is Decision.DEPENDS
