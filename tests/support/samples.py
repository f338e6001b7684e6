"""Plans, outcomes and problems written by hand, so that what is shown can be read beside what it shows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Action, Change, Drift, FieldChange, Interim, Op, Reason
from reconciler.model.diagnostic import Diagnostic, Position, Severity
from reconciler.model.event import Failed, Outcome, Skipped, SkipReason
from reconciler.model.guarding.freezes import Frozen
from reconciler.model.guarding.limits import Breach, Measure, Most
from reconciler.model.guarding.safety import LeftOut, Safety
from reconciler.model.plan import Deferred, Mode, Plan, SeenCluster, Selection
from reconciler.model.reaching.diff import AccessDiff, Between, Effect, Path, Radius, Risk
from reconciler.model.reaching.policy import Finding, Held
from reconciler.model.state import Recorded, RecordedCluster, State
from reconciler.sdk.access.answer import Decision
from reconciler.sdk.access.question import Service
from reconciler.sdk.address import Address
from reconciler.sdk.errors import Denied, DoesNotFit
from reconciler.sdk.foresight import Way

CLUSTERS = {
    name: SeenCluster(name, f"https://{name}.example.com:8501", version, f"id-{name}")
    for name, version in (("north", "1.20.0"), ("south", "1.20.0"), ("west", "1.18.2"), ("lab", "1.16.7"))
}
LAB = {
    "Acceptor": "north",
    "Dialer": "lab",
    "Names": {"north": "sandbox-lab", "lab": "hq"},
    "Meta": {"owner": "platform"},
}
SOUTH = {"Acceptor": "north", "Dialer": "south", "Names": {"north": "south", "south": "north"}}


def at(text: str) -> Address:
    return Address.parse(text)


def change(address: str, action: Action, reason: Reason = Reason.NONE, **more: Any) -> Change:
    return Change(at(address), action, reason, provider="consul", **more)


def plan(*changes: Change, mode: Mode = Mode.NORMAL, **more: Any) -> Plan:
    settings = {"clusters": CLUSTERS, "serial": 41, "requests": 11, "fingerprint": "7f3a-91c2-0be4"}
    return Plan(mode, changes, **{**settings, **more})


FROZEN = Frozen("holidays", datetime(2027, 1, 4, 6, tzinfo=UTC))
GUARDED = Safety(
    (
        Breach(Measure.DELETE, 4, 9, Most(percent=30), 4, (at("peering.north/south"),), "north", "peering"),
        Breach(Measure.CHANGE, 4, 9, Most(number=3), 5, (at("peering.north/south"),), "north", "peering"),
    ),
    (at("peering.north/south"),),
    (LeftOut(at("mesh.north/mesh"), "delete", "--no-delete", "it would be destroyed"),),
)


def source(name: str, peer: str = "", **more: Any) -> dict[str, Any]:
    return {"Name": name, **({"Peer": peer} if peer else {}), **more}


def service(name: str, *peers: str) -> dict[str, Any]:
    return {"Name": name, "Consumers": [{"Peer": peer} for peer in peers]}


PROBE = source(
    "probe",
    "sandbox-lab",
    Permissions=[
        {"Action": "allow", "HTTP": {"PathPrefix": "/quote", "Methods": ["GET", "HEAD"]}},
        {"Action": "deny", "HTTP": {"PathPrefix": "/"}},
    ],
)

CREATE = change(
    "peering.north/lab", Action.CREATE, Reason.DECLARED, after=LAB, index=1, origin=Position("net.yaml", 8, 5)
)
INTENTIONS = change(
    "service_intentions.north/pricing",
    Action.CREATE,
    Reason.DECLARED,
    after={
        "Kind": "service-intentions",
        "Name": "pricing",
        "Sources": [source("storefront", "south", Action="allow"), PROBE, source("*", Action="deny")],
    },
    index=2,
    waits_for=(at("peering.north/lab"),),
)
EXPORTS = change(
    "exported_services.north/default",
    Action.UPDATE,
    Reason.CHANGED,
    before={
        "Services": [service(n, "south") for n in ("a", "b", "c")]
        + [service("catalog", "south", "sandbox-lab"), service("kept", "south")]
    },
    after={
        "Services": [service(n, "south") for n in ("a", "b", "c")]
        + [service("catalog", "south", "west"), service("kept", "south")]
        + [service("pricing", "south", "sandbox-lab")]
    },
    fields=(
        FieldChange(("Services", "catalog", "Consumers"), Op.CHANGE, [], []),
        FieldChange(("Services", "pricing"), Op.ADD, None, {}),
    ),
    unmanaged=(("Services", "a"), ("Services", "b"), ("Services", "c")),
    index=3,
)
KNOWN = change("peering.north/south", Action.NO_OP, before=SOUTH, after=SOUTH, owned=SOUTH)
FIRST = plan(CREATE, INTENTIONS, EXPORTS, KNOWN)

STOREFRONT, PRICES = Service("south", "storefront"), Service("north", "pricing")
OPENED = Path(
    *(Service("lab", "probe"), PRICES, Effect.OPENS, Decision.DENIED, Decision.DEPENDS),
    *((), ("GET,HEAD /quote*",), "", False, (INTENTIONS.address,)),
)
REACHED = AccessDiff(
    (Path(STOREFRONT, PRICES, Effect.OPENS, Decision.DENIED, Decision.ALLOWED), OPENED),
    37,
    (Between("lab", "north", 1), Between("south", "north", 1)),
    (Radius(INTENTIONS.address, Risk.OPENS, "", 2, paths=("storefront@south -> pricing@north",)),),
    {"west": "it did not answer"},
)
FOUND = Finding(
    *("deny: * -> pricing@*", Position("policies.yaml", 3, 5), Held.BROKEN, "probe@lab -> pricing@north"),
    *("allowed for GET,HEAD /quote*", "shop.yaml:14:7", "prices are secret", (INTENTIONS.address,), True),
)

RESOLVER = {
    "Kind": "service-resolver",
    "Name": "catalog",
    "ConnectTimeout": "5s",
    "Failover": {
        "*": {"Targets": [{"Service": "catalog", "Peer": "south"}, {"Service": "catalog", "Peer": "west"}]}
    },
    "Redirect": None,
}
SPLITTER_OLD = {
    "Kind": "service-splitter",
    "Name": "api",
    "Splits": [{"Weight": 90}, {"Weight": 10, "Service": "api-x"}],
}
SPLITTER_NEW = {
    "Kind": "service-splitter",
    "Name": "api",
    "Splits": [{"Weight": 80}, {"Weight": 20, "Service": "api-x"}],
}

EVERYTHING = plan(
    change(
        "service_intentions.north/catalog",
        Action.UPDATE,
        Reason.CHANGED_AND_DRIFTED,
        before={
            "Sources": [source("intruder", Action="allow"), source("web", "south", Action="deny"), PROBE]
        },
        after={
            "Sources": [
                source("web", "south", Action="allow"),
                {**PROBE, "Permissions": PROBE["Permissions"][::-1]},
            ]
        },
        drift=Drift(
            (
                FieldChange(("Sources", "intruder"), Op.ADD, None, source("intruder", Action="allow")),
                FieldChange(("Sources", "web@south", "Action"), Op.CHANGE, "allow", "deny"),
            )
        ),
        fields=(FieldChange(("Sources", "intruder"), Op.REMOVE, {}),),
        index=1,
    ),
    change(
        "service_resolver.south/catalog",
        Action.CREATE,
        Reason.DELETED_OUTSIDE,
        after=RESOLVER,
        drift=Drift(deleted=True),
        index=2,
        required_by=(at("service_splitter.south/catalog"),),
    ),
    change(
        "service_splitter.south/api",
        Action.UPDATE,
        Reason.ADOPT,
        before=SPLITTER_OLD,
        after=SPLITTER_NEW,
        adopt=True,
        fields=(
            FieldChange(("Splits", 0, "Weight"), Op.CHANGE, 90, 80),
            FieldChange(("Splits", 1, "Weight"), Op.CHANGE, 10, 20),
            FieldChange(("Meta", "team/owner"), Op.ADD, None, "shop"),
            FieldChange(("Meta", "old"), Op.REMOVE, True),
        ),
        unmanaged=(("Meta", "by"), ("EnvoyExtensions",)),
        index=3,
    ),
    change(
        "peering.north/south",
        Action.REPLACE,
        Reason.CANNOT_UPDATE,
        why="Names cannot change in place",
        before=SOUTH,
        after={**SOUTH, "Names": {"north": "south-1", "south": "north"}},
        fields=(FieldChange(("Names", "north"), Op.CHANGE, "south", "south-1", forces_replacement=True),),
        index=4,
    ),
    change("mesh.lab/mesh", Action.REPLACE, Reason.BY_REQUEST, before={"A": 1}, after={"A": 1}, index=5),
    change(
        "exported_services.lab/default",
        Action.DELETE,
        Reason.NO_CONFIG,
        before={"Services": [service("mine", "hq"), service("theirs", "hq")]},
        after={"Services": [service("theirs", "hq")]},
        fields=(FieldChange(("Services", "mine"), Op.REMOVE, {}),),
        unmanaged=(("Services", "theirs"),),
        index=6,
    ),
    change(
        "peering.north/west",
        Action.DELETE,
        Reason.NO_CONFIG,
        before={"Acceptor": "north", "Dialer": "west", "Names": {"north": "west", "west": "north"}},
        blocked=Block(BlockKind.PROTECTED, "protected"),
        protect=True,
        origin=Position("teams/net.yaml", 8, 3),
        index=7,
    ),
    change(
        "service_defaults.south/api",
        Action.NO_OP,
        adopt=True,
        before={"Protocol": "http"},
        after={"Protocol": "http"},
    ),
    change("service_router.south/old", Action.FORGET, Reason.ALREADY_GONE, drift=Drift(deleted=True)),
    change("peering.south/west", Action.NO_OP, notes=("linked, not ACTIVE since 12:04: west says FAILING",)),
    deferred=(
        Deferred(
            at("peering.lab/west"),
            "west did not answer (connection refused, 127.0.0.1:8543)",
            "check that the cluster runs",
            "unreachable",
        ),
        Deferred(
            at("service_resolver.west/api"),
            "west did not answer (connection refused, 127.0.0.1:8543)",
            "check that the cluster runs",
            "unreachable",
        ),
        Deferred(
            at("service_intentions.lab/api"),
            "needs peering.lab/west, which is unknown",
            "",
            "unknown-dependency",
        ),
    ),
    warnings=("2 clusters share the address https://x",),
    selection=Selection(targets=("*.south/*",)),
    clusters={**CLUSTERS, "west": SeenCluster("west", "http://127.0.0.1:8543", problem="did not answer")},
)

OLD_SUBSET, NEW_SUBSET = {"Filter": "v1"}, {"Filter": "v2"}
ADD_SUBSET = FieldChange(("Subsets", "v2"), Op.ADD, None, NEW_SUBSET)
DROP_SUBSET = FieldChange(("Subsets", "v1"), Op.REMOVE, OLD_SUBSET)
WEB = change(
    "service_resolver.south/web",
    Action.UPDATE,
    Reason.CHANGED,
    before={"Subsets": {"v1": OLD_SUBSET}},
    after={"Subsets": {"v2": NEW_SUBSET}},
    fields=(ADD_SUBSET, DROP_SUBSET),
    index=3,
    waits_for=(at("service_splitter.south/web"),),
    interim=Interim(
        Way.WIDEN,
        1,
        {"Subsets": {"v1": OLD_SUBSET, "v2": NEW_SUBSET}},
        {"Subsets": {"v1": OLD_SUBSET, "v2": NEW_SUBSET}},
        (ADD_SUBSET,),
        "service_splitter.south/web uses v1 until #2",
    ),
)
WEB_SPLITTER = change(
    "service_splitter.south/web",
    Action.UPDATE,
    Reason.CHANGED,
    before={"Splits": [{"Weight": 100, "ServiceSubset": "v1"}]},
    after={"Splits": [{"Weight": 100, "ServiceSubset": "v2"}]},
    fields=(FieldChange(("Splits", 0, "ServiceSubset"), Op.CHANGE, "v1", "v2"),),
    index=2,
    waits_for_interim=(WEB.address,),
)
API_SPLITTER = change(
    "service_splitter.south/api",
    Action.REPLACE,
    Reason.TAKEN_DOWN,
    before=SPLITTER_OLD,
    after=SPLITTER_OLD,
    owned=SPLITTER_OLD,
    index=7,
    waits_for=(at("service_defaults.south/api"),),
    interim=Interim(
        Way.TAKE_DOWN,
        4,
        None,
        None,
        (),
        "service_defaults.south/api cannot change its protocol below a splitter",
        "all requests to api go to api; none to api-x",
        cuts=True,
    ),
)
API_DEFAULTS = change(
    "service_defaults.south/api",
    Action.UPDATE,
    Reason.CHANGED,
    before={"Protocol": "http"},
    after={"Protocol": "http2"},
    fields=(FieldChange(("Protocol",), Op.CHANGE, "http", "http2"),),
    index=5,
    waits_for_interim=(API_SPLITTER.address,),
)
GATEWAY = change(
    "ingress_gateway.south/edge",
    Action.UPDATE,
    Reason.TAKEN_DOWN,
    before={"Listeners": [{"Port": 8080, "Services": [{"Name": "a"}, {"Name": "api"}]}]},
    after={"Listeners": [{"Port": 8080, "Services": [{"Name": "a"}, {"Name": "api"}]}]},
    index=9,
    interim=Interim(
        Way.TAKE_DOWN,
        6,
        {"Listeners": [{"Port": 8080, "Services": [{"Name": "a"}]}]},
        {"Listeners": [{"Port": 8080, "Services": [{"Name": "a"}]}]},
        (FieldChange(("Listeners", 0, "Services", 1), Op.REMOVE, {"Name": "api"}),),
        "its listener on 8080 takes api with one protocol only",
        "nobody reaches api through edge:8080.",
        opens=True,
        cuts=True,
    ),
)
NEW_RESOLVER = change(
    "service_resolver.south/fresh",
    Action.CREATE,
    Reason.DECLARED,
    after={"ConnectTimeout": "5s", "Subsets": {"v2": NEW_SUBSET}},
    index=10,
    interim=Interim(
        Way.WIDEN,
        8,
        {"Subsets": {"v2": NEW_SUBSET}},
        {"Subsets": {"v2": NEW_SUBSET}},
        why="service_resolver.south/other needs it",
    ),
)
NARROWED = change(
    "exported_services.south/default",
    Action.UPDATE,
    Reason.CHANGED,
    before={"Services": [service("web", "north")]},
    after={"Services": [service("api", "north")]},
    fields=(
        FieldChange(("Services", "web"), Op.REMOVE, {}),
        FieldChange(("Services", "api"), Op.ADD, None, {}),
    ),
    index=12,
    interim=Interim(
        Way.NARROW,
        11,
        {"Services": []},
        {"Services": []},
        (FieldChange(("Services", "web"), Op.REMOVE, {}),),
        "what closes access goes before what opens it",
    ),
)
TRANSITION = plan(WEB_SPLITTER, WEB, API_DEFAULTS, API_SPLITTER, GATEWAY, NEW_RESOLVER, NARROWED, requests=14)

NOTHING = plan(KNOWN, requests=0)
DRIFT_ONLY = plan(
    change(
        "service_intentions.north/catalog",
        Action.NO_OP,
        before={},
        after={},
        drift=Drift((FieldChange(("Sources", "web@south", "Action"), Op.CHANGE, "allow", "deny"),)),
    ),
    change("service_resolver.south/catalog", Action.FORGET, Reason.ALREADY_GONE, drift=Drift(deleted=True)),
    KNOWN,
    mode=Mode.REFRESH_ONLY,
)

DONE = Outcome(added=2, changed=1, serial=42, elapsed=1.13, requests=14)
PARTLY = Outcome(
    added=2,
    failed=(
        Failed(
            at("exported_services.north/default"),
            Action.UPDATE,
            0.3,
            Denied(
                '403 Permission denied: token lacks service:write on "pricing"',
                hint='add to the policy of the token for north:\n    service "pricing" { policy = "write" }',
            ),
        ),
    ),
    skipped=(
        Skipped(
            at("service_resolver.south/catalog"),
            Action.CREATE,
            SkipReason.DEPENDENCY,
            "needs exported_services.north/default",
        ),
    ),
    serial=42,
    elapsed=75.2,
    requests=14,
)
STOPPED = Outcome(
    added=1,
    skipped=(Skipped(at("mesh.north/mesh"), Action.CREATE, SkipReason.INTERRUPTED, "interrupted"),),
    interrupted=True,
    serial=42,
)
REFUSED = Outcome(
    changed=1,
    skipped=(Skipped(at("peering.north/west"), Action.DELETE, SkipReason.BLOCKED, "blocked: protected"),),
    serial=42,
)

BETWEEN = Outcome(
    changed=1,
    interim=2,
    failed=(
        Failed(
            WEB.address,
            Action.UPDATE,
            0.2,
            DoesNotFit("500 splitter refers to a missing subset", hint="see what refers to it"),
            Way.WIDEN,
        ),
        Failed(
            NARROWED.address,
            Action.UPDATE,
            0.2,
            Denied("403 Permission denied"),
            left="it stays narrowed; the next apply completes it",
        ),
    ),
    skipped=(
        Skipped(
            API_SPLITTER.address,
            Action.REPLACE,
            SkipReason.DEPENDENCY,
            f"needs {API_DEFAULTS.address}",
            "it stays taken down; the next apply restores it (meanwhile: all requests to api go to api)",
        ),
    ),
    serial=42,
)
WENT = Outcome(added=2, changed=4, destroyed=1, interim=5, serial=43, elapsed=1.2, requests=20)

PROBLEMS = (
    Diagnostic(
        Severity.ERROR,
        "unknown-cluster",
        'unknown cluster "sooth"',
        Position("teams/shop.yaml", 14, 15),
        'did you mean "south"?',
        source="    catalog: [sooth, west]",
        width=5,
    ),
    Diagnostic(
        Severity.ERROR,
        "duplicate",
        "peering of north and south is declared twice",
        Position("net.yaml", 22, 5),
        "remove one of them",
        source="  - {between: [north, south]}",
        width=2,
        related=((Position("core.yaml", 3, 5), "first declared here"),),
    ),
    Diagnostic(
        Severity.WARNING, "empty-file", "nothing is declared here", Position("empty.yaml"), "remove the file"
    ),
    Diagnostic(
        Severity.WARNING,
        "long-line",
        "a long line",
        Position("long.yaml", 7, 300),
        source="k: " + "x" * 296 + "HERE" + "y" * 300,
        width=4,
    ),
)

STATE = State(
    "3f0c",
    42,
    {"north": RecordedCluster("north", "https://north.example.com:8501", "consul", version="1.20.0")},
    {
        at("peering.north/lab"): Recorded(
            at("peering.north/lab"),
            LAB,
            "consul",
            remote_ids={"north": "id-1", "lab": "id-2"},
            version=17,
            protect=True,
        ),
        at("service_intentions.north/pricing"): Recorded(
            at("service_intentions.north/pricing"),
            {"Kind": "service-intentions", "Name": "pricing", "Sources": [PROBE]},
            "consul",
            version=31,
            depends_on=(at("peering.north/lab"),),
            pending="update",
        ),
    },
)
