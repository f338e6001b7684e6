"""Service and node identities and templated policies of tokens and roles: what they are, what they allow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from reconciler.emulator.acl.templates import TEMPLATES, render
from reconciler.emulator.wire.messages import Refusal

Row = dict[str, Any]
KEYS = ("ServiceIdentities", "NodeIdentities", "TemplatedPolicies")
NAME = re.compile(r"[a-z0-9]([a-z0-9\-_]*[a-z0-9])?")
NODE_NAME = re.compile(r"[a-z0-9]([a-z0-9\-_]*[a-z0-9])?")
NO_NAME = "1 error occurred:\n\t* (root): name is required\n\n"
WORDS = "Only lowercase alphanumeric characters, '-' and '_' are allowed"


def check(row: Row, on: str) -> Row:
    """Return the identities of a body (`on` is token or role); 500 with Consul's words for a wrong one."""
    for identity in row.get("ServiceIdentities") or ():
        _check_service(identity, on)
    for identity in row.get("NodeIdentities") or ():
        _check_node(identity, on)
    found = {key: [_set(one) for one in row[key]] for key in KEYS if row.get(key)}
    if "TemplatedPolicies" in found:
        found["TemplatedPolicies"] = [_check_template(one, on) for one in found["TemplatedPolicies"]]
    return found


def _set(identity: Row) -> Row:
    """Return what is set of an identity: Go's `omitempty`."""
    return {key: part for key, part in identity.items() if part}


def _check_service(identity: Row, on: str) -> None:
    name = identity.get("ServiceName", "")
    if not name:
        raise Refusal(500, f"Service identity is missing the service name field on this {on}")
    if not NAME.fullmatch(name) or len(name) > 256:
        raise Refusal(500, f'Service identity "{name}" has an invalid name. {WORDS}')


def _check_node(identity: Row, on: str) -> None:
    name = identity.get("NodeName", "")
    if not name:
        raise Refusal(500, f"Node identity is missing the node name field on this {on}")
    if not identity.get("Datacenter"):
        raise Refusal(500, f"Node identity is missing the datacenter field on this {on}")
    if not NODE_NAME.fullmatch(name) or len(name) > 256:
        raise Refusal(500, f"Node identity has an invalid name. {WORDS}")


def _check_template(one: Row, on: str) -> Row:
    name = one.get("TemplateName", "")
    if not name:
        raise Refusal(500, f"templated policy is missing the template name field on this {on}")
    template = TEMPLATES.get(name)
    if template is None:
        raise Refusal(500, f"no such ACL templated policy with Name {name!r}".replace("'", '"'))
    variables = {key.lower(): part for key, part in (one.get("TemplateVariables") or {}).items()}
    if template["Schema"] and not variables.get("name"):
        raise Refusal(
            500,
            f'validation error for templated policy "{name}": {NO_NAME}',
        )
    shown = {"TemplateID": template["ID"], "TemplateName": name}
    if variables.get("name"):
        shown["TemplateVariables"] = {"name": variables["name"]}
    return shown | ({"Datacenters": one["Datacenters"]} if one.get("Datacenters") else {})


def rules_of(row: Row, datacenter: str) -> Iterator[str]:
    """Yield the rules that the identities of a token or role stand for in a datacenter."""
    for identity in row.get("ServiceIdentities") or ():
        if datacenter in (identity.get("Datacenters") or [datacenter]):
            yield render("builtin/service", identity["ServiceName"])
    for identity in row.get("NodeIdentities") or ():
        if identity["Datacenter"] == datacenter:
            yield render("builtin/node", identity["NodeName"])
    for one in row.get("TemplatedPolicies") or ():
        if datacenter in (one.get("Datacenters") or [datacenter]):
            yield render(one["TemplateName"], (one.get("TemplateVariables") or {}).get("name", ""))
