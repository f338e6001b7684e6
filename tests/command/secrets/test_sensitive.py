"""Sensitive values in bodies: sent to their clusters, compared, and neither shown nor kept anywhere."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.emulator import Request, Response
from reconciler.statestore.text import codec
from tests.support.command.lab import CommandLab
from tests.support.command.servers import Sandbox, sandbox
from tests.support.sweep import leaks, spellings

_RANDOM = "q7Zr2VtB9xLm4KcWpYd8Hs1NfGjT6eUa3RoQbXw5JiEh0MvCkPlDzSyOgAnFuI"


def key(mark: str) -> str:
    """What looks like a private key: the sandbox, unlike servers, takes any."""
    lines = "\n".join(f"{mark}{number}{_RANDOM[number:]}{_RANDOM[:number]}" for number in range(6))
    return f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"


def key_set(secret: str) -> str:
    """A symmetric JSON web key set, as Consul takes it."""
    k = base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")
    return base64.b64encode(json.dumps({"keys": [{"kty": "oct", "kid": "one", "k": k}]}).encode()).decode()


class Canaries:
    """One in each place where a sensitive value may stand."""

    private_key = key("Old")
    other_key = key("New")
    jwks = key_set("a-symmetric-key-of-old")
    other_jwks = key_set("the-symmetric-key-of-now")
    variable = "canary\"var'iable \\ 7f3a ü"
    default = "canary-default-c0ffee"
    number = 48151623
    text = "canary-in-a-text-91bd"
    listed = "canary-listed-5d2e"
    named = "canary-named-0b44"
    live = "canary-set-by-hand-e6a1"
    peering = "canary-of-a-peering-2f90"

    @classmethod
    def all(cls) -> list[str]:
        values = [value for name, value in vars(cls).items() if not name.startswith("_") and name != "all"]
        return [str(value) for value in values]


C = Canaries
CONFIGURATION = """
variables:
  given: {sensitive: true}
  preset: {sensitive: true, default: DEFAULT}
  port: {type: number, sensitive: true, default: NUMBER}
  several: {type: list, sensitive: true, default: [LISTED]}
  part: {sensitive: true, default: TEXT}
  peered: {sensitive: true, default: PEERED}
  region: {default: eu}
sensitive:
  - [proxy_defaults.*/global, 'Config.inner["to.ken"]']
peerings:
  - {between: [dc1, dc2], meta: {owner: "${var.region}", pass: "${var.peered}"}}
exports:
  dc1: {api: [dc2]}
intentions:
  dc1:
    api:
      - {from: web@dc2, action: allow, description: "${var.preset}"}
      - {from: batch, action: deny, description: shown}
proxy_defaults:
  dc1:
    config:
      protocol: http
      inner: {to.ken: NAMED, other: plain}
      port: ${var.port}
      several: ${var.several}
service_defaults:
  dc1: {api: {protocol: http, meta: {secret: "${var.given}", text: "key=${var.part};", same: SAME}}}
config_entries:
  dc1:
    - Kind: inline-certificate
      Name: gateway
      Certificate: none
      PrivateKey: @KEY
    - {Kind: jwt-provider, Name: auth, Issuer: me, JSONWebKeySet: {Local: {JWKS: JWKS}}}
"""


def configuration(*, second: bool = False, same: str = "plain-text") -> str:
    words = {
        "SAME": same,
        "DEFAULT": C.default,
        "NUMBER": str(C.number),
        "LISTED": C.listed,
        "TEXT": C.text,
        "PEERED": C.peering,
        "NAMED": C.named,
        "@KEY": json.dumps(C.other_key if second else C.private_key),
        "{JWKS: JWKS}": f"{{JWKS: {C.other_jwks if second else C.jwks}}}",
    }
    text = CONFIGURATION
    for word, value in words.items():
        text = text.replace(word, value)
    return text


@pytest.fixture
def two() -> Iterator[Sandbox]:
    with sandbox("dc1", "dc2") as running:
        yield running


@pytest.fixture
def lab(tmp_path: Path, two: Sandbox) -> CommandLab:
    made = CommandLab(tmp_path / "work", two.urls)
    declare(made)
    made.environ["RECONCILER_VAR_given"] = C.variable
    return made


def declare(lab: CommandLab, **how: Any) -> None:
    lab.declare(configuration(**how))


class Told:
    """What a series of runs printed, and what they left behind."""

    def __init__(self, lab: CommandLab) -> None:
        self.lab = lab
        self.texts: dict[str, bytes] = {}

    def run(self, code: int, *argv: str) -> str:
        ended = self.lab.run(*argv).expect(code)
        self.texts[f"{len(self.texts)} {' '.join(argv)}"] = ended.text.encode()
        self.keep()
        return ended.text

    def keep(self) -> None:
        """Take in every file but those that the user wrote."""
        for path in self.lab.folder.rglob("*"):
            if path.is_file() and path.suffix != ".yaml":
                content = path.read_bytes()
                self.texts[f"{path.relative_to(self.lab.folder)} {len(self.texts)}"] = content

    def check(self, *canaries: str) -> None:
        found = leaks(canaries or C.all(), self.texts)
        assert not found, "\n".join(found)


def config(clusters: Sandbox, kind: str, name: str) -> Any:
    return clusters.call("dc1", "GET", f"/v1/config/{kind}/{name}")


def test_the_sweep_finds_every_spelling() -> None:
    for canary in C.all():
        for name, form in spellings(canary).items():
            assert leaks([canary], {"here": b"x" + form + b"y"}), name
    assert not leaks(C.all(), {"here": b"(sensitive value)"})


@pytest.mark.long
def test_no_sensitive_value_is_ever_shown_or_kept(lab: CommandLab, two: Sandbox) -> None:
    told = Told(lab)
    told.run(0, "validate", "-v")
    told.run(0, "validate", "--json")
    told.run(0, "plan", "-vv", "-out", "plan.json")
    told.run(0, "plan", "--json")
    told.run(0, "show", "plan.json")
    told.run(0, "show", "plan.json", "--json")
    told.run(0, "apply", "plan.json", "-vv")
    told.run(0, "show")
    told.run(0, "show", "--json")
    told.run(0, "state", "show", "*", "--json")
    told.run(0, "plan", "--detailed-exitcode")
    told.run(0, "drift", "-vv", "--json")
    told.run(0, "output")
    told.run(0, "acl-policy")
    body = config(two, "proxy-defaults", "global")
    body["Config"]["inner"]["to.ken"] = C.live
    two.call("dc1", "PUT", "/v1/config", body)
    told.run(2, "drift")
    told.run(2, "drift", "--json")
    declare(lab, second=True)
    shown = told.run(0, "plan", "-out", "second.json")
    assert "~   PrivateKey = (sensitive value)" in shown
    told.run(0, "plan", "--json", "--summary")
    told.run(0, "apply", "--auto-approve", "--json", "-vv")
    told.run(4, "apply", "second.json")  # stale by now
    told.run(0, "rotate", "peering.dc1/dc2", "--auto-approve")
    told.run(0, "plan", "--destroy", "-out", "third.json")
    told.run(0, "destroy", "--auto-approve", "-vv")
    told.check()
    private = [path for path in lab.folder.rglob("*") if path.suffix in (".json", ".journal")]
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in private} == {0}


def test_servers_get_the_values_themselves(lab: CommandLab, two: Sandbox) -> None:
    lab.apply()
    assert config(two, "inline-certificate", "gateway")["PrivateKey"] == C.private_key
    assert config(two, "jwt-provider", "auth")["JSONWebKeySet"]["Local"]["JWKS"] == C.jwks
    meta = config(two, "service-defaults", "api")["Meta"]
    assert (meta["secret"], meta["text"]) == (C.variable, f"key={C.text};")
    body = config(two, "proxy-defaults", "global")["Config"]
    several = C.listed  # servers make a list of one its item
    assert (body["port"], body["several"], body["inner"]["to.ken"]) == (C.number, several, C.named)
    lab.run("plan", "--detailed-exitcode").expect(0, "No changes")
    lab.run("drift").expect(0)


def test_a_place_is_sensitive_and_not_a_text(lab: CommandLab) -> None:
    declare(lab, same=C.default)
    change = next(
        item["change"]
        for item in lab.run("plan", "--json").expect(0).value()["resource_changes"]
        if item["address"] == "service_defaults.dc1/api"
    )
    mask = "(sensitive value)"
    assert change["after"]["Meta"] == {"secret": mask, "text": mask, "same": C.default}
    assert change["after_sensitive"] == {"Meta": {"secret": True, "text": True}}
    assert change["before_sensitive"] is False


def test_a_plan_tells_that_a_sensitive_value_changes_and_that_it_does_not(lab: CommandLab) -> None:
    lab.apply()
    declare(lab, second=True)
    value = lab.run("plan", "--json").expect(0).value()
    changed = {item["address"]: item["fields"] for item in value["actions_order"]}
    mask = "(sensitive value)"
    field = {"path": ["PrivateKey"], "op": "change", "old": mask, "new": mask, "sensitive": True}
    assert changed["config_entry.dc1/inline-certificate/gateway"] == [field]
    assert changed.keys() == {
        "config_entry.dc1/inline-certificate/gateway",
        "config_entry.dc1/jwt-provider/auth",
    }
    moved = next(
        item["change"]
        for item in value["resource_changes"]
        if item["address"] == "config_entry.dc1/inline-certificate/gateway"
    )
    assert moved["before_sensitive"] == moved["after_sensitive"] == {"PrivateKey": True}
    assert moved["before"]["PrivateKey"] == moved["after"]["PrivateKey"] == mask


def test_what_was_changed_by_hand_is_drift_of_a_value_that_is_not_shown(
    lab: CommandLab, two: Sandbox
) -> None:
    lab.apply()
    body = config(two, "inline-certificate", "gateway")
    two.call("dc1", "PUT", "/v1/config", {**body, "PrivateKey": C.other_key})
    lab.run("drift").expect(2, "~ PrivateKey = (sensitive value)")
    lab.apply()
    assert config(two, "inline-certificate", "gateway")["PrivateKey"] == C.private_key


def test_a_plan_file_holds_digests_and_not_their_key(lab: CommandLab) -> None:
    lab.apply()
    state = json.loads(lab.state.read_bytes())
    secret = state["sensitive_key"]
    digest = state["resources"]["config_entry.dc1/inline-certificate/gateway"]["body"]["PrivateKey"]
    assert len(secret) == 64
    assert digest.keys() == {"$sensitive"}
    declare(lab, second=True)
    lab.run("plan", "-out", "plan.json").expect(0)
    plan = (lab.folder / "plan.json").read_text()
    assert digest["$sensitive"] in plan
    assert not leaks([secret], {"plan.json": plan.encode()})
    lab.run("apply", "plan.json").expect(0, "2 changed")


def test_a_saved_plan_is_refused_where_a_sensitive_value_is_another_by_now(lab: CommandLab) -> None:
    lab.apply()
    declare(lab, second=True)
    lab.run("plan", "-out", "plan.json").expect(0)
    text = configuration(second=True).replace(json.dumps(C.other_key), json.dumps(key("Third")))
    lab.declare(text)
    lab.run("apply", "plan.json").expect(4, "inline-certificate/gateway: changed since it was planned")


def quoting(two: Sandbox, form: Callable[[str], str], status: int) -> None:
    """Let writes of entries fail with an answer that quotes what was sent."""
    handle = two.world.handle

    def loud(name: str, request: Request) -> object:
        if request.method == "PUT" and request.path == "/v1/config":
            text = f"invalid entry: {form(request.body.decode())}"
            return Response(status, {"Content-Type": "text/plain"}, text.encode())
        return handle(name, request)

    two.world.handle = loud  # type: ignore[method-assign,assignment]


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "decoded": lambda body: "\n".join(map(str, _values(json.loads(body)))),
    "in base64": lambda body: base64.b64encode(body.encode()).decode(),
    "in hex": lambda body: body.encode().hex(),
    "quoted again": json.dumps,
}


def _values(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _values(item)
    else:
        yield value


@pytest.mark.long
@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("form", FORMS)
def test_what_a_server_quotes_is_not_repeated(lab: CommandLab, two: Sandbox, form: str, status: int) -> None:
    quoting(two, FORMS[form], status)
    told = Told(lab)
    told.run(3, "apply", "--auto-approve", "-vv")
    told.run(1, "apply", "--auto-approve", "--json", "-v")  # what else there was is done
    told.check()


def test_a_short_value_is_not_repeated_either(lab: CommandLab, two: Sandbox) -> None:
    quoting(two, FORMS["decoded"], 400)
    lab.environ["RECONCILER_VAR_given"] = "k3y"
    shown = lab.run("apply", "--auto-approve", "-vv").expect(3, "(sensitive value)").text
    assert "k3y" not in shown


def in_clear(lab: CommandLab) -> list[Path]:
    """Put the values of two entries into the state's files, as older versions kept them; gives the files."""
    clear = {"PrivateKey": C.private_key, "JSONWebKeySet": {"Local": {"JWKS": C.jwks}}}
    files = [lab.state, *(lab.folder / "state" / "generations").iterdir()]
    for path in files:
        state = codec.decode(path.read_bytes())
        resources = {
            address: replace(entry, body={name: clear.get(name, item) for name, item in entry.body.items()})
            for address, entry in state.resources.items()
        }
        path.write_bytes(codec.encode(replace(state, resources=resources)))
    return files


@pytest.mark.long
def test_an_older_state_is_masked_at_once_and_rewritten_by_the_next_apply(lab: CommandLab) -> None:
    lab.apply()
    declare(lab, same="changed")
    lab.apply()
    files = in_clear(lab)
    assert len(files) == 3
    assert all(leaks([C.private_key, C.jwks], {"file": path.read_bytes()}) for path in files)
    told = Told(lab)
    told.texts["state show"] = lab.run("state", "show", "*").expect(0, "(sensitive value)").text.encode()
    told.texts["show"] = lab.run("show", "--json").expect(0).text.encode()
    planned = lab.run("plan", "-out", "plan.json").expect(0, "2 resources in clear", "No changes")
    told.texts["plan"] = planned.text.encode()
    told.texts["drift"] = lab.run("drift").expect(0).text.encode()
    told.texts["the plan file"] = (lab.folder / "plan.json").read_bytes()
    done = lab.run("apply", "plan.json").expect(
        0, "in the state and in 2 older generations they are replaced by digests"
    )
    told.texts["apply"] = done.text.encode()
    told.keep()
    told.check()
    lab.run("apply", "--auto-approve").expect(0)
    assert "clear" not in lab.run("plan").expect(0, "No changes").text


def test_json_output_says_that_a_state_is_rewritten(lab: CommandLab) -> None:
    lab.apply()
    in_clear(lab)
    lines = lab.run("apply", "--auto-approve", "--json").expect(0).lines()
    assert [line["type"] for line in lines[-2:]] == ["log", "change_summary"]
    assert "were stored in clear" in lines[-2]["@message"]


def test_a_run_that_is_killed_leaves_no_value_behind(lab: CommandLab, two: Sandbox) -> None:
    two.fault("dc1", "lost", path="/v1/config")
    told = Told(lab)
    told.texts["apply"] = lab.run("apply", "--auto-approve", "-vv").text.encode()
    told.keep()
    told.check()


def test_a_mark_that_is_taken_away_shows_the_value_again(lab: CommandLab) -> None:
    lab.apply()
    text = configuration().replace("part: {sensitive: true, ", "part: {")
    lab.declare(text)
    assert C.text not in lab.run("plan").expect(0, "No changes").text
    lab.apply()
    assert C.text in lab.run("state", "show", "service_defaults.dc1/api").expect(0).text


ODD = """
variables:
  rules: {sensitive: true, default: 'service "canary-of-rules-17" { policy = "read" }'}
  weight: {type: number, sensitive: true, default: 37}
sensitive:
  - [service_intentions.dc1/api, Sources.web.Action]
  - [service_intentions.dc1/api, Sources]
  - [service_router.dc1/api, 'Routes[*].Match.HTTP']
  - [service_resolver.dc1/api, Subsets]
  - [proxy_defaults.dc1/global, Config]
  - [exported_services.dc1/default, Services.api.Consumers]
  - [peering.dc1/dc2, Meta]
"""
ODDLY = """
peerings: [{between: [dc1, dc2], meta: {a: canary-meta-odd}}]
exports: {dc1: {api: [dc2]}}
intentions: {dc1: {api: [{from: web, action: allow, description: canary-description-odd}]}}
proxy_defaults: {dc1: {config: {protocol: http, a: {b: [canary-config-odd, 2.50, null-ish]}}}}
acl_policies: {dc1: {readers: {rules: "${var.rules}"}}}
service_defaults: {dc1: {api: {protocol: http}, other: {protocol: http}}}
config_entries:
  dc1:
    - Kind: service-resolver
      Name: api
      Subsets: {v1: {Filter: 'Service.Meta.v == "canary-filter-odd"'}, v2: {}}
    - Kind: service-router
      Name: api
      Routes:
        - Match: {HTTP: {PathPrefix: /canary-path-odd, Header: [{Name: x, Exact: canary-header-odd}]}}
          Destination: {ServiceSubset: v1, NumRetries: "${var.weight}"}
        - {Match: {HTTP: {PathPrefix: /}}, Destination: {ServiceSubset: v2}}
"""


@pytest.mark.long
def test_sensitive_fields_of_every_form_are_hidden_and_converge(tmp_path: Path) -> None:
    with sandbox("dc1", "dc2", acl=True, management_token=C.live) as guarded:
        lab = CommandLab(tmp_path / "work", guarded.urls)
        lab.environ |= {"RECONCILER_TOKEN_DC1": C.live, "RECONCILER_TOKEN_DC2": C.live}
        lab.folder.mkdir()
        lab.declare(ODD + ODDLY)
        told = Told(lab)
        told.run(0, "plan", "-out", "plan.json")
        told.run(0, "plan", "--json")
        told.run(0, "apply", "plan.json")
        assert "No changes" in told.run(0, "plan", "--detailed-exitcode")
        assert "still matches" in told.run(0, "drift")
        told.run(0, "show", "--json")
        lab.declare(ODD + ODDLY.replace("-odd", "-two"))
        changed = told.run(0, "plan")
        assert "-two" not in changed
        told.run(0, "apply", "--auto-approve", "--json")
        told.run(0, "plan", "--detailed-exitcode")
        told.run(0, "destroy", "--auto-approve")
    places = ("meta", "description", "config", "filter", "path", "header")
    hidden = [f"canary-{place}-{turn}" for place in places for turn in ("odd", "two")]
    told.check("canary-of-rules-17", *hidden)
