"""The section `policies`: which callers and destinations a rule concerns."""

from __future__ import annotations

from pathlib import Path

from reconciler.config.load import load
from reconciler.model.reaching.policy import Policy, Rule, Undecided
from reconciler.sdk.access.question import Request, Service
from tests.support.tables import each

CLUSTERS = """
clusters:
  dc1: {address: "http://127.0.0.1:8500", labels: {env: dev}}
  dc2: {address: "http://127.0.0.1:8501", labels: {env: prod}}
  dc3: {address: "http://127.0.0.1:8502", labels: {env: prod}}
groups: {west: [dc2]}
"""


def policy(text: str, folder: Path) -> Policy:
    (folder / "a.yaml").write_text(f"{CLUSTERS}policies:\n  - {text}\n")
    loaded = load(folder)
    assert loaded.diagnostics == ()
    assert loaded.desired is not None
    (found,) = loaded.desired.policies
    return found


CONCERNS = [
    ('{deny: "*@{env: dev} -> *@{env: prod}"}', "web@dc1 -> api@dc2", True),
    ('{deny: "*@{env: dev} -> *@{env: prod}"}', "*@dc1 -> api@dc3", True),
    ('{deny: "*@{env: dev} -> *@{env: prod}"}', "web@dc2 -> api@dc3", False),
    ('{deny: "*@{env: dev} -> *@{env: [prod, test]}"}', "web@dc1 -> api@dc3", True),
    ('{deny: "* -> payments@*", except: ["shop@dc1"]}', "shop@dc1 -> payments@dc2", False),
    ('{deny: "* -> payments@*", except: ["shop@dc1"]}', "shop@dc2 -> payments@dc2", True),
    ('{deny: "* -> payments@*", except: ["shop@dc1"]}', "*@dc1 -> payments@dc2", True),
    ('{deny: "* -> payments@*", except: ["shop@dc1"]}', "web@elsewhere -> payments@dc2", True),
    ('{deny: "* -> payments"}', "web@dc1 -> payments@dc2", True),
    ('{deny: "* -> payments"}', "payments@dc2 -> payments@dc2", False),
    ('{deny: "web-* -> api@west"}', "web-1@dc1 -> api@dc2", True),
    ('{deny: "web-* -> api@west"}', "web-1@dc1 -> api@dc3", False),
    ('{deny: "web-* -> api@west"}', "*@dc1 -> api@dc2", False),
    ('{deny: "web -> api@dc[23]"}', "web@dc1 -> api@dc3", True),
    ('{deny: "web -> shop/api"}', "web@dc1 -> shop/api@dc2", True),
    ('{deny: "web -> shop/api"}', "web@dc1 -> api@dc2", False),
    ('{deny: "web -> default/api"}', "web@dc1 -> api@dc2", True),
]


@each(("text", "path", "concerned"), CONCERNS)
def test_whom_a_policy_concerns(text: str, path: str, concerned: bool, tmp_path: Path) -> None:
    caller, to = map(Service.parse, path.split(" -> "))
    assert policy(text, tmp_path).concerns(caller, to) is concerned


def test_what_a_policy_says_besides(tmp_path: Path) -> None:
    text = '{require: "web@dc1   ->  api@dc2", undecided: block, reason: sales, method: GET, path: /v1}'
    found = policy(text, tmp_path)
    assert (found.rule, found.text, str(found)) == (
        Rule.REQUIRE,
        "web@dc1 -> api@dc2",
        "require: web@dc1 -> api@dc2",
    )
    assert (found.undecided, found.reason, found.request) == (
        Undecided.BLOCK,
        "sales",
        Request("GET", "/v1"),
    )
    assert str(found.origin).endswith("a.yaml:8:5")
