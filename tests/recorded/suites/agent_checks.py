"""Checks at the agent: registered, told, let expire; maintenance; what the agent says of itself."""

from __future__ import annotations

from typing import Any

from tests.recorded.steps import Step, Suite, ask, get

REGISTER = "PUT /v1/agent/check/register"
SERVICE = "PUT /v1/agent/service/register"


def check(body: Any, **more: Any) -> Step:
    """Register a check at the agent."""
    return ask("A", REGISTER, body, **more)


def service(name: str, **more: Any) -> Step:
    """Register a service at the agent."""
    return ask("A", SERVICE, {"Name": name, **more})


def tell(path: str, body: Any = None) -> Step:
    """A PUT below /v1/agent/."""
    return ask("A", f"PUT /v1/agent/{path}", body)


def put_maintenance(path: str) -> list[Step]:
    """What maintenance needs, on and off, and what shows of it."""
    return [
        tell(path),
        tell(f"{path}?enable=x"),
        tell(f"{path}?enable=true"),
        get("/v1/agent/checks"),
        tell(f"{path}?enable=true&reason=twice"),
        get("/v1/agent/checks"),
        tell(f"{path}?enable=false"),
        get("/v1/agent/checks"),
        tell(f"{path}?enable=0"),
        tell(f"{path}?enable=T&reason=why+not"),
        get("/v1/agent/checks"),
    ]


WRONG: tuple[Any, ...] = (
    {},
    "{",
    {"Name": 1},
    {"Name": "c"},
    {"Name": "c", "TTL": "x"},
    {"Name": "c", "TTL": "10s", "Status": "fine"},
    {"Name": "c", "TTL": "10s", "Interval": "10s"},
    {"Name": "c", "HTTP": "http://127.0.0.1:1"},
    {"Name": "c", "TCP": "127.0.0.1:1"},
    {"Name": "c", "GRPC": "127.0.0.1:1"},
    {"Name": "c", "Interval": "10s"},
    {"Name": "c", "TTL": "10s", "ServiceID": "absent"},
    {"Name": "c", "Args": ["/bin/true"], "Interval": "10s"},
    {"Name": "c", "TTL": "10s", "OutputMaxSize": -1},
)

SUITES = (
    Suite(
        "agent-checks",
        "checks at the agent: what is taken and refused, passing, warning, critical, and gone",
        [
            get("/v1/agent/checks"),
            *(check(body) for body in WRONG),
            get("/v1/agent/checks"),
            check({"Name": "memory", "TTL": "1h"}),
            check({"ID": "disk", "Name": "Disk use", "TTL": "1h", "Notes": "a note", "Status": "passing"}),
            check({"CheckID": "load", "Name": "Load", "TTL": "1h", "Status": "warning", "Output": "o"}),
            get("/v1/agent/checks"),
            get("/v1/health/node/dc1-server"),
            tell("check/pass/memory"),
            tell("check/warn/disk?note=half+full"),
            tell("check/fail/load?note=much"),
            get("/v1/agent/checks"),
            get("/v1/health/node/dc1-server"),
            tell("check/pass/absent"),
            tell("check/warn/"),
            tell("check/update/memory", {"Status": "warning", "Output": "by update"}),
            tell("check/update/memory", {"Status": "fine"}),
            tell("check/update/memory", {}),
            tell("check/update/memory", "{"),
            tell("check/update/absent", {"Status": "passing"}),
            tell("check/update/disk", {"Status": "passing"}),
            get("/v1/agent/checks"),
            check({"Name": "memory", "TTL": "2h", "Notes": "again"}),
            get("/v1/agent/checks"),
            tell("check/deregister/load"),
            tell("check/deregister/absent"),
            get("/v1/agent/checks"),
            get("/v1/health/state/any"),
        ],
        since="1.14",
    ),
    Suite(
        "agent-checks-of-services",
        "checks of a service at the agent, what health says of it, and that they go with it",
        [
            service("api", ID="api-1", Port=80, Tags=["v1"], Check={"TTL": "1h"}),
            get("/v1/agent/checks"),
            get("/v1/agent/health/service/id/api-1"),
            get("/v1/agent/health/service/name/api"),
            check({"Name": "second", "TTL": "1h", "ServiceID": "api-1", "Status": "passing"}),
            tell("check/warn/service:api-1?note=slow"),
            get("/v1/agent/checks"),
            get("/v1/agent/health/service/id/api-1?format=text"),
            get("/v1/agent/health/service/name/api?format=text"),
            get("/v1/health/checks/api"),
            get("/v1/health/service/api"),
            get("/v1/health/service/api?passing"),
            tell("check/pass/service:api-1"),
            get("/v1/agent/health/service/id/api-1?format=text"),
            get("/v1/agent/health/service/name/api?format=text"),
            get("/v1/agent/health/service/id/absent"),
            get("/v1/agent/health/service/id/absent?format=text"),
            get("/v1/agent/health/service/id/"),
            get("/v1/agent/health/service/name/absent"),
            get("/v1/agent/health/service/name/absent?format=text"),
            get("/v1/agent/health/service/name/"),
            service("api", ID="api-1", Port=81, Checks=[{"CheckID": "own", "Name": "n", "TTL": "1h"}]),
            get("/v1/agent/checks"),
            ask(
                "A",
                f"{SERVICE}?replace-existing-checks=true",
                {"Name": "api", "ID": "api-1", "Check": {"TTL": "1h", "CheckID": "only"}},
            ),
            get("/v1/agent/checks"),
            tell("service/deregister/api-1"),
            get("/v1/agent/checks"),
            get("/v1/health/checks/api"),
            service("bad", Check={"TTL": "1h", "Interval": "1s"}),
            service("bad", Check={"Name": "n"}),
            service("bad", Check={"TTL": "1h", "Status": "no"}),
            service("bad", Address="0.0.0.0"),
            service("bad", Meta={"": "x"}),
            service("bad", Weights={"Passing": -1}),
            get("/v1/agent/services"),
        ],
        since="1.14",
    ),
    Suite(
        "agent-checks-expire",
        "a check that nobody tells anything turns critical; what was said last is kept in its words",
        [
            check({"Name": "silent", "TTL": "1s", "Status": "passing"}),
            check({"Name": "told", "TTL": "2s"}),
            tell("check/pass/told?note=all+well"),
            get("/v1/health/node/dc1-server"),
            get(
                "/v1/agent/checks",
                until={"body": lambda rows: all(r["Status"] == "critical" for r in rows.values())},
            ),
            get("/v1/health/state/critical", until={"body": lambda rows: len(rows) == 2}),
            tell("check/pass/silent"),
            get("/v1/health/state/critical", until={"body": lambda rows: len(rows) == 1}),
        ],
        since="1.14",
    ),
    Suite(
        "agent-maintenance",
        "maintenance of the node and of a service, and what shows of it",
        [
            service("api", Port=80),
            *put_maintenance("maintenance"),
            get("/v1/health/service/api"),
            get("/v1/health/service/api?passing"),
            tell("maintenance?enable=false"),
            *put_maintenance("service/maintenance/api"),
            get("/v1/health/service/api"),
            tell("service/maintenance/api?enable=false"),
            tell("service/maintenance/?enable=true"),
            tell("service/maintenance/absent?enable=true"),
            tell("service/maintenance/absent?enable=false"),
            get("/v1/agent/checks"),
        ],
        since="1.14",
    ),
    Suite(
        "agent-services",
        "services at the agent, one by one, filtered, and how they are refused",
        [
            service("web", ID="web-1", Port=80, Tags=["a", "b"], Meta={"v": "1"}),
            service("web", ID="web-2", Port=81, Address="10.0.0.1", EnableTagOverride=True),
            service(
                "db",
                Weights={"Passing": 3, "Warning": 2},
                TaggedAddresses={"lan": {"Address": "x", "Port": 1}},
            ),
            service("native", Connect={"Native": True}),
            get("/v1/agent/services"),
            get("/v1/agent/services?filter=Service+==+web"),
            get("/v1/agent/services?filter=Meta.v+==+1"),
            get("/v1/agent/services?filter=%22a%22+in+Tags"),
            get("/v1/agent/services?filter=Nope+==+1"),
            get("/v1/agent/service/web-1"),
            get("/v1/agent/service/web-2"),
            get("/v1/agent/service/native"),
            get("/v1/agent/service/absent"),
            get("/v1/agent/service/"),
            tell("service/deregister/absent"),
            tell("service/deregister/"),
            tell("service/deregister/web-1"),
            get("/v1/catalog/service/web"),
            get("/v1/agent/checks?filter=Status+==+passing"),
        ],
        since="1.14",
    ),
    Suite(
        "agent-rest",
        "members, joining and leaving, tokens and events of the agent",
        [
            get("/v1/agent/members"),
            get("/v1/agent/members?wan=1"),
            get("/v1/agent/members?segment=_all"),
            get("/v1/agent/members?segment=x"),
            get("/v1/agent/members?filter=Name+==+x"),
            tell("force-leave/absent"),
            tell("force-leave/absent?prune"),
            tell("reload"),
            tell("token/default", {"Token": "t"}),
            tell("token/agent", {"Token": "t"}),
            tell("token/replication", {"Token": "t"}),
            tell("token/nope", {"Token": "t"}),
            tell("token/agent", "{"),
            get("/v1/status/leader"),
            get("/v1/status/peers"),
            get("/v1/operator/raft/configuration"),
            ask("A", "POST /v1/operator/raft/transfer-leader"),
            ask("A", "DELETE /v1/operator/raft/peer"),
            ask("A", "DELETE /v1/operator/raft/peer?id=x&address=y"),
            ask("A", "DELETE /v1/operator/raft/peer?id=00000000-0000-0000-0000-000000000001"),
            ask("A", "DELETE /v1/operator/raft/peer?address=127.0.0.1:1"),
            get("/v1/operator/autopilot/configuration"),
            ask("A", "PUT /v1/operator/autopilot/configuration", {"CleanupDeadServers": False}),
            get("/v1/operator/autopilot/configuration"),
            ask("A", "PUT /v1/operator/autopilot/configuration?cas=1", {"CleanupDeadServers": True}),
            ask("A", "PUT /v1/operator/autopilot/configuration?cas=x", {"CleanupDeadServers": True}),
            ask(
                "A",
                "PUT /v1/operator/autopilot/configuration",
                {"LastContactThreshold": "300ms", "MaxTrailingLogs": 5},
            ),
            ask("A", "PUT /v1/operator/autopilot/configuration", {"Nope": 1}),
            ask("A", "PUT /v1/operator/autopilot/configuration", {"LastContactThreshold": "x"}),
            get("/v1/operator/autopilot/configuration"),
            get("/v1/operator/keyring"),
            ask("A", "POST /v1/operator/keyring", {"Key": "x"}),
            get("/v1/coordinate/datacenters"),
        ],
        since="1.14",
    ),
)
