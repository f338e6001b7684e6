"""What a token may do, asked on real servers: the questions, asked again by
`python -m tests.recorded.recording.acl_questions`.

That plays them on every Consul found and writes data/acl-authorize.json: for each question the status, the
body, and the versions that answered so.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.support.agents import Agent, binaries
from tests.support.patience import LIMIT

DATA = Path(__file__).parents[1] / "data" / "acl-authorize.json"

RULES = """
peering = "write"
mesh = "read"
agent_prefix "" { policy = "read" }
service "api" { policy = "write"  intentions = "write" }
service "web" { policy = "read" }
service "closed" { policy = "deny" }
service_prefix "team-" { policy = "write" }
key_prefix "app/" { policy = "write" }
key "app/secret" { policy = "read" }
key_prefix "list/" { policy = "list" }
"""
EVERY = 'service_prefix "" { policy = "read"  intentions = "write" }\noperator = "write"\n'
BROKEN = EVERY + 'service "web" { policy = "read" }\n'
POLICIES = {"narrow": RULES, "every": EVERY, "broken": BROKEN, "acl": 'acl = "write"\npeering = "read"\n'}

_NAMES = ("", "api", "web", "closed", "team-a", "team-", "other", "*")
_RESOURCES = ("acl", "operator", "keyring", "mesh", "peering")
_ODD: dict[str, str] = {
    "an unknown resource": '[{"Resource": "mesh", "Access": "read"}, {"Resource": "x", "Access": "read"}]',
    "the plural": '[{"Resource": "intentions", "Access": "read", "Segment": "api"}]',
    "no resource": '[{"Access": "read"}]',
    "an unknown access": '[{"Resource": "service", "Access": "bogus", "Segment": "api"}]',
    "no access": '[{"Resource": "service", "Segment": "api"}]',
    "upper case": '[{"Resource": "service", "Access": "WRITE", "Segment": "api"}]',
    "any letter case of keys": '[{"resource": "service", "ACCESS": "read", "segment": "api"}]',
    "upper case of a resource": '[{"Resource": "SERVICE", "Access": "read", "Segment": "api"}]',
    "write-prefix of a service": '[{"Resource": "service", "Access": "write-prefix", "Segment": "api"}]',
    "an object": "{}",
    "a text": '"x"',
    "null": "null",
    "a list of numbers": "[1]",
    "a list of null": "[null]",
    "an unknown key": '[{"X": 1}]',
    "a number for a text": '[{"Resource": 1}]',
    "a number for a name": '[{"Resource": "service", "Access": "read", "Segment": 1}]',
    "nothing asked": "[]",
    "no body": "",
    "half a body": '[{"Resource": "serv',
    "64 at once": json.dumps([{"Resource": "peering", "Access": "read"}] * 64),
    "65 at once": json.dumps([{"Resource": "peering", "Access": "read"}] * 65),
}


def _grid(policy: str) -> Iterator[tuple[str, str, str, str]]:
    questions = [{"Resource": r, "Access": a} for r in _RESOURCES for a in ("read", "write")]
    for resource in ("service", "intention", "node", "agent", "session", "event", "query"):
        names = _NAMES if resource in ("service", "intention") else ("", "x")
        questions += [
            {"Resource": resource, "Access": access, "Segment": name}
            for name in names
            for access in ("read", "write")
        ]
    for access in ("read", "list", "write", "write-prefix"):
        for name in ("", "app/", "app/x", "app/secret", "list/", "list/x", "other"):
            questions.append({"Resource": "key", "Access": access, "Segment": name})
    for start in range(0, len(questions), 60):
        yield f"{policy}: grid {start}", policy, "", json.dumps(questions[start : start + 60])


def questions() -> Iterator[tuple[str, str, str, str]]:
    """Name, policy (or `root`, `nobody`, `unknown`), query, and body of every request."""
    for policy in (*POLICIES, "root", "nobody"):
        yield from _grid(policy)
    for name, body in _ODD.items():
        yield name, "narrow", "", body
    one = '[{"Resource": "peering", "Access": "read"}]'
    yield "an unknown token", "unknown", "", one
    yield "an unknown token, nothing asked", "unknown", "", "[]"
    yield "its own datacenter", "narrow", "dc=dc1", one
    yield "an unknown datacenter", "narrow", "dc=nowhere", one
    yield "an unknown datacenter, nothing asked", "narrow", "dc=nowhere", "[]"


Call = Callable[[str, str, str, str, str], tuple[int, Any]]  # method, path, query, body, token


def play(call: Call, root: str) -> Iterator[tuple[str, int, Any]]:
    """Set the policies up with the root token and ask everything; gives name, status and body."""
    tokens = {"root": root, "nobody": "", "unknown": "00000000-0000-0000-0000-0000000000ff"}
    for name, rules in POLICIES.items():
        call("PUT", "/v1/acl/policy", "", json.dumps({"Name": name, "Rules": rules}), root)
        made = call("PUT", "/v1/acl/token", "", json.dumps({"Policies": [{"Name": name}]}), root)
        tokens[name] = made[1]["SecretID"]
    for name, policy, query, body in questions():
        yield name, *call("POST", "/v1/internal/acl/authorize", query, body, tokens[policy])


def of_agent(agent: Agent) -> Call:
    """Calls to a real agent, answers as JSON or text."""
    import httpx

    def call(method: str, path: str, query: str, body: str, token: str) -> tuple[int, Any]:
        url = f"{agent.address}{path}?{query}"
        headers = {"X-Consul-Token": token} if token else {}
        answer = httpx.request(method, url, content=body.encode(), headers=headers, timeout=LIMIT)
        is_json = answer.headers["content-type"].startswith("application/json")
        return answer.status_code, answer.json() if is_json else answer.text.rstrip()

    return call


def main() -> None:
    """Record the answers of every Consul found."""
    from tests.support.agents import MANAGEMENT

    seen: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for version, binary in binaries().items():
            agent = Agent("c1", "dc1", binary, Path(folder), acl=True)
            try:
                agent.start()
                agent.wait()
                for name, status, body in play(of_agent(agent), MANAGEMENT):
                    _note(seen.setdefault(name, []), version, status, body)
            finally:
                agent.stop()
    DATA.write_text(json.dumps(seen, indent=None, separators=(",", ":")).replace('],"', '],\n"') + "\n")


def _note(answers: list[dict[str, Any]], version: str, status: int, body: Any) -> None:
    same = next((a for a in answers if (a["status"], a["body"]) == (status, body)), None)
    if same is None:
        answers.append({"versions": [version], "status": status, "body": body})
    else:
        same["versions"].append(version)


if __name__ == "__main__":
    main()
