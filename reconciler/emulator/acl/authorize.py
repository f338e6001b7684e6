"""/v1/internal/acl/authorize: what the token of the request may do, question by question."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.acl.access import authorizer
from reconciler.emulator.acl.rules import Authorizer
from reconciler.emulator.core.context import Context
from reconciler.emulator.wire.gojson import NAMES, GoJSONError, loads
from reconciler.emulator.wire.messages import Refusal, Response, as_json

AT_ONCE = 64
WITHOUT_NAMES = ["acl", "keyring", "mesh", "operator", "peering"]
NAMED = ["agent", "event", "intention", "node", "query", "service", "session"]
RESOURCES: dict[str, tuple[str, ...]] = dict.fromkeys([*WITHOUT_NAMES, *NAMED], ("read", "write"))
RESOURCES["key"] = ("read", "list", "write", "write-prefix")
FIELDS = {"resource": "Resource", "segment": "Segment", "access": "Access"}


def authorize(context: Context) -> Response:
    """Answer each question with Allow; the first that makes no sense refuses them all."""
    if not context.cluster.acl:
        raise Refusal(401, "ACL support disabled")
    asked = _asked(context)
    if len(asked) > AT_ONCE:
        raise Refusal(400, f"Refusing to process more than {AT_ONCE} authorizations at once")
    if not asked:
        return as_json([])
    context.parse_options()
    who = authorizer(context)
    return as_json([_answer(who, question) for question in asked])


def _asked(context: Context) -> list[dict[str, str]]:
    try:
        value = loads(context.request.body)
        if value is None:
            return []
        if not isinstance(value, list):
            _refuse(value, "value of type []structs.ACLAuthorizationRequest")
        return [_question(item) for item in value]
    except GoJSONError as error:
        raise Refusal(400, f"Failed to decode request body: {error}") from None


def _question(item: Any) -> dict[str, str]:
    question = dict.fromkeys(FIELDS.values(), "")
    if item is not None and not isinstance(item, dict):
        _refuse(item, "value of type structs.ACLAuthorizationRequest")
    for key, value in (item or {}).items():
        name = FIELDS.get(key.lower())
        if name is None:
            raise GoJSONError(f'json: unknown field "{key}"')
        if value is not None and not isinstance(value, str):
            _refuse(
                value, f"struct field ACLAuthorizationRequest.{name} of type {_TYPES.get(name, 'string')}"
            )
        question[name] = value or ""
    return question


_TYPES = {"Resource": "acl.Resource"}


def _refuse(value: Any, target: str) -> None:
    raise GoJSONError(f"json: cannot unmarshal {NAMES[type(value)]} into Go {target}")


def _answer(who: Authorizer, question: dict[str, str]) -> dict[str, Any]:
    resource, access, segment = question["Resource"], question["Access"].lower(), question["Segment"]
    levels = RESOURCES.get(resource)
    if levels is None:
        raise Refusal(400, f'Invalid ACL resource requested: "{resource}"')
    if access not in levels:
        raise Refusal(400, f"Invalid access level for {resource} resource: {question['Access']}")
    if access == "write-prefix":
        allowed = who.allows_below("key", segment)
    else:
        allowed = who.allows(resource, access, segment)
    shown = {name: value for name, value in question.items() if value or name != "Segment"}
    return {**shown, "Allow": allowed}
