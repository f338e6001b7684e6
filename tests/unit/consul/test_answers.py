"""What Consul says, and what it means. Texts as recorded from 1.14 to 1.20."""

from __future__ import annotations

import pytest

from reconciler.sdk.errors import Ambiguous, Denied, DoesNotFit, Invalid, NotSupported, Refused, TokenSpent
from reconciler.sdk.http.errors import Reply
from reconciler_consul.kinds.policy_language import rule_for
from reconciler_consul.server.answers import judge
from tests.support.tables import each

DIAL = "dial tcp 127.0.0.1:0->127.0.0.1:8300: connect: connection refused"
NO_CLIENT = "rpc error getting client: failed to get conn"
ANSWERS = [
    (429, "Your IP is issuing too many concurrent connections, please rate limit your calls", Refused),
    (429, "rate limit exceeded, try again later or against a different server", Refused),
    (503, "rate limit exceeded for operation that can only be performed by the leader", Refused),
    (500, "No cluster leader", Refused),
    (500, "rpc error making call: No cluster leader", Refused),
    (500, "Raft leader not found in server lookup mapping", Refused),
    (500, "Not ready to serve consistent reads", Refused),
    (500, f"{NO_CLIENT}: {DIAL}", Refused),
    (
        500,
        "rpc error getting client: failed to get conn: rpc error: lead thread didn't get connection",
        Refused,
    ),
    (503, f'connection error: desc = "transport: Error while dialing: {DIAL}"', Refused),
    (500, "CA has not finished initializing", Refused),
    (500, "failed to write peering: cannot write to peering that is marked for deletion", Refused),
    (403, "a new peering token must be generated: invalid peering establishment secret", TokenSpent),
    (500, "rpc error: code = Internal desc = peering was already established", TokenSpent),
    (403, "Permission denied: token with AccessorID 'x' lacks permission 'peering:write'", Denied),
    (403, "ACL not found", Denied),
    (401, "ACL support disabled", NotSupported),
    (403, "rpc error: code = PermissionDenied desc = Permission denied", Denied),
    (400, 'Request decoding failed: 1 error occurred:\n\t* invalid config key "Splits[0].Peer"', Invalid),
    (404, "Must provide both a kind and name to delete", Invalid),
    (405, "method PATCH not allowed", Invalid),
    (413, "Request body(600000 bytes) too large, max size: 524288 bytes", Invalid),
    (301, "", Invalid),
    (500, "X is not a valid peer name: a valid peering name must consist of lower case", Invalid),
    (500, "rpc error: code = Unknown desc = X is not a valid peer name", Invalid),
    (500, 'cannot create peering with name: "x"; there is already an established peering', Invalid),
    (500, 'discovery chain "x" uses a protocol "tcp" that does not permit advanced routing', DoesNotFit),
    (500, 'discovery chain "x" uses inconsistent protocols; service "y" has "tcp" which is', DoesNotFit),
    (500, 'service "x" does not have a subset named "v2"', DoesNotFit),
    (500, 'service "x" has an external SNI set; cannot define redirects for external', DoesNotFit),
    (500, 'peer exported service "x" contains cross-peer resolver redirect', DoesNotFit),
    (500, 'peer exported service "x" uses protocol="tcp" and cannot introduce new discovery', DoesNotFit),
    (500, 'error compiling current discovery chain for "x": service "y" does not', DoesNotFit),
    (500, "detected circular resolver redirect", DoesNotFit),
    (500, "rpc error making call: detected circular reference: [splitter:a -> splitter:a]", DoesNotFit),
    (500, 'service "x" has protocol "tcp", which does not match defined listener protocol', DoesNotFit),
    (500, 'service "x" has protocol "tcp", which is incompatible with L7 intentions permissions', DoesNotFit),
    (500, "1 error occurred:\n\t* Referenced JWT Provider does not exist. Provider Name: x", DoesNotFit),
    (500, "cannot delete jwt provider config entry referenced by an intention. Provider name: x", DoesNotFit),
    (
        500,
        "cannot set MutualTLSMode=permissive because AllowEnablingPermissiveMutualTLS=false in the mesh",
        DoesNotFit,
    ),
    (
        500,
        'cannot create a "ingress-gateway" config entry with name "x", a "terminating-gateway" config entry '
        "with that name already exists",
        DoesNotFit,
    ),
    (500, "no splits configured", Invalid),
    (500, 'Redirect.Peer cannot be set with "does not have a subset named"', Invalid),
    (404, "Invalid URL path: not a recognized HTTP API endpoint", NotSupported),
    (500, "peering must be enabled to use this endpoint", NotSupported),
    (500, "Partitions are a Consul Enterprise feature", NotSupported),
    (400, 'Invalid query parameter: "partition" - Partitions are a Consul Enterprise feature', NotSupported),
    (500, "invalid config entry kind: jwt-provider", NotSupported),
    (500, "Setting Partition requires Consul Enterprise", NotSupported),
    (500, "sameness-groups are an enterprise-only feature", NotSupported),
    (400, 'invalid config key "Namespace", namespaces are a consul enterprise feature', NotSupported),
    (403, "Permission denied: only writeable by controller", Invalid),
    (500, 'Invalid service policy: &acl.ServiceRule{Name:"a", EnterpriseRule:acl.EnterpriseRule{}}', Invalid),
    (500, 'Invalid service policy: &acl.ServiceRule{Name:"requires Consul Enterprise"}', Invalid),
    (500, 'Invalid Policy: A Policy with Name "ops" already exists', Invalid),
    (500, 'Subset "TLS for gRPC must be enabled" is invalid: must be 63 characters or fewer', Invalid),
    (500, "rpc error making call: EOF", Ambiguous),
    (500, "leadership lost while committing log", Ambiguous),
    (500, "failed to write peering: leadership lost while committing log", Ambiguous),
    (
        503,
        "error reading from server: read tcp 127.0.0.1:2->127.0.0.1:1: read: connection reset by peer",
        Ambiguous,
    ),
    (503, f'failed to exchange peering secret: desc = "transport: Error while dialing: {DIAL}"', Ambiguous),
    (500, "something that nobody has seen yet", Ambiguous),
    (502, "<html>Bad Gateway: a name is required</html>", Ambiguous),
    (504, "upstream timed out", Ambiguous),
    (503, 'failed to exchange peering secret through address "h:1": connection refused', Ambiguous),
    (500, 'failed to exchange peering secret with "h:1": TLS is required, cannot verify', Ambiguous),
]


@each(("status", "text", "kind"), ANSWERS)
def test_each_answer_means_what_is_known_of_it(status: int, text: str, kind: type) -> None:
    error = judge(Reply("dc1", "127.0.0.1:8500", "PUT", "/v1/config", status, text))
    assert type(error) is kind
    assert error.cluster == "dc1"
    assert error.status == status


@each("status", [*range(300, 309), *range(400, 452), *range(500, 512)])
@each("text", ["", "?", "\x00\x1b[31m"])
def test_every_status_maps_to_a_type_and_a_printable_line(status: int, text: str) -> None:
    error = judge(Reply("dc1", "127.0.0.1:8500", "POST", "/v1/x", status, text))
    assert error.message.isprintable()
    assert error.code in ("refused", "denied", "invalid", "ambiguous")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("lacks permission 'peering:write'", 'peering = "write"'),
        ("lacks permission 'mesh:write'", 'mesh = "write"'),
        (
            "lacks permission 'service:write' on \"pricing\"",
            'service "pricing" { policy = "write" }',
        ),
        (
            "lacks permission 'intention:write' on \"pricing\"",
            'service "pricing" { policy = "read"  intentions = "write" }',
        ),
        ("lacks permission 'agent:read' on \"c1\"", 'agent "c1" { policy = "read" }'),
    ],
)
def test_a_denied_call_names_the_missing_rule(text: str, rule: str) -> None:
    body = f"Permission denied: token with AccessorID 'a-b' {text}"
    error = judge(Reply("north", "h:1", "PUT", "/v1/config", 403, body))
    assert error.hint.startswith(f"add to the policy of the token for north:\n    {rule}\n")
    assert error.hint.endswith("reconciler acl-policy --cluster north)")


def test_intentions_on_everything_need_a_prefix_rule() -> None:
    assert rule_for("intention", "write", "*").startswith('service_prefix ""')


def test_hints_follow_the_cause_and_no_word_of_a_dump() -> None:
    typo = 'Invalid service policy: &acl.ServiceRule{Policy:"raed", EnterpriseRule:acl.EnterpriseRule{}}'
    assert "policy is deny, read or write" in judge(_reply(500, typo)).hint
    assert "controller" in judge(_reply(403, "Permission denied: only writeable by controller")).hint
    assert (
        judge(_reply(500, "Setting Namespace requires Consul Enterprise")).hint
        == "this needs Consul Enterprise"
    )


def _reply(status: int, text: str) -> Reply:
    return Reply("dc1", "127.0.0.1:8500", "PUT", "/v1/config", status, text, {})
