"""/v1/acl/templated-policy: what servers list of templates, and the policy that one gives."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.acl.rows import begin, digest, named
from reconciler.emulator.acl.templates import TEMPLATES, known, render
from reconciler.emulator.core.context import Context
from reconciler.emulator.wire.gojson import GoJSONError, struct
from reconciler.emulator.wire.messages import Refusal, Response, as_json

Row = dict[str, Any]
PREVIEW, BY_NAME = "/v1/acl/templated-policy/preview/", "/v1/acl/templated-policy/name/"
SUFFIX = "6c62272e07bb014262b821756295c58d"  # the hash of nothing, which servers append to the rules in hex


def _shown(name: str) -> Row:
    template = TEMPLATES[name]
    return {"TemplateName": name, **{key: template[key] for key in ("Schema", "Template", "Description")}}


def list_all(context: Context) -> Response:
    """Return the templates by name."""
    begin(context, "read")
    return as_json({name: _shown(name) for name in known(context.cluster.version)})


def read(context: Context) -> Response:
    """Return one template."""
    begin(context, "read")
    name = named(context, BY_NAME, "templated policy Name")
    if name not in known(context.cluster.version):
        raise Refusal(400, f"Invalid templated policy Name: {name}")
    return as_json(_shown(name))


def preview(context: Context) -> Response:
    """Return the policy that a template gives for variables, which is stored nowhere."""
    begin(context, "read")
    name = named(context, PREVIEW, "templated policy Name")
    if name not in known(context.cluster.version):
        raise Refusal(400, f'templated policy "{name}" does not exist')
    try:
        body = struct(context.request.body, "ACLTemplatedPolicyVariables", {"Name": str})
    except GoJSONError as error:
        if f"{error}" != "EOF":
            raise Refusal(400, f"Failed to decode request body: {error}") from None
        body = {}
    if TEMPLATES[name]["Schema"] and not body.get("Name"):
        why = "1 error occurred:\n\t* (root): name is required\n\n"
        raise Refusal(400, f"validation error for templated policy: {why}")
    return as_json(_policy(name, render(name, body.get("Name", ""))))


def _policy(name: str, rules: str) -> Row:
    identifier = rules.encode().hex() + SUFFIX
    row = {
        "ID": identifier,
        "Name": f"synthetic-policy-{identifier}",
        "Description": f"synthetic policy generated from templated policy: {name}",
        "Rules": rules,
    }
    return {**row, "Hash": digest(row), "CreateIndex": 0, "ModifyIndex": 0}
