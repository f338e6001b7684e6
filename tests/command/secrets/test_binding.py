"""To whom a token goes: to the address that the operator bound it to, whatever a pull request writes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.command.secrets.test_secrets import by_command, by_environment, by_file
from tests.support.command.lab import CommandLab
from tests.support.command.servers import Sandbox, Sink, answering, sandbox, server

TOKEN = "c4a4a7e5-1111-4222-8333-00000000feed"
FAR = "https://consul.dc1.example.com:8501"
COMMANDS = (
    ("plan", "-vv"),
    ("apply", "--auto-approve"),
    ("drift",),
    ("destroy", "--auto-approve"),
    ("output",),
)


@pytest.fixture
def sink() -> Iterator[Sink]:
    """Somebody's own server, who would like a token."""
    with server(answering(200, b"[]", Content_Type="application/json")) as listening:
        yield listening


@pytest.fixture
def guarded() -> Iterator[Sandbox]:
    with sandbox("dc1", "dc2", "dc3", acl=True, management_token=TOKEN) as running:
        yield running


@pytest.fixture
def fresh(tmp_path: object, guarded: Sandbox, bare: CommandLab) -> CommandLab:
    """A clone without a state on a CI runner; the tokens are in the environment."""
    made = CommandLab(bare.folder / "clone", guarded.urls, {"CI": "true"})
    made.environ |= {f"RECONCILER_TOKEN_DC{number}": TOKEN for number in (1, 2, 3)}
    made.declare()
    return made


@pytest.mark.parametrize("give", [by_environment, by_file, by_command])
def test_in_ci_a_token_goes_nowhere_unless_the_operator_says_so(
    fresh: CommandLab, sink: Sink, give: object
) -> None:
    fresh.environ = {"CI": "true"}
    give(fresh)  # type: ignore[operator]
    fresh.declare(dc1=sink.url)
    for argv in COMMANDS:
        ended = fresh.run(*argv).expect(4, "dc1", "dc2", "dc3", sink.url, "CI is set")
        ended.expect(4, f'dc1: {{address: "{sink.url}"}}', f"RECONCILER_ADDRESS_DC1={sink.url}")
    assert sink.seen == []
    assert TOKEN not in ended.text


def hinted(text: str, begins: str, ends: str) -> list[str]:
    """Lines of the hint, as they stand in the box."""
    lines = [line.removeprefix("│ ") for line in text.splitlines()]
    first = next(at for at, line in enumerate(lines) if begins in line) + 1
    return lines[first : next(at for at in range(first, len(lines)) if ends in lines[at])]


def test_what_the_message_says_to_write_into_the_file_is_enough(fresh: CommandLab) -> None:
    told = fresh.run("plan").expect(4).err
    fresh.write("\n".join(hinted(told, "into reconciler.yaml", "or set")) + "\n", "reconciler.yaml")
    fresh.run("apply", "--auto-approve").expect(0, "complete")


def test_what_the_message_says_to_set_is_enough(fresh: CommandLab) -> None:
    told = fresh.run("plan").expect(4).err
    lines = [line.strip().partition("=") for line in hinted(told, "or set in the environment", "╵")]
    fresh.environ |= {name: value for name, _, value in lines}
    fresh.run("apply", "--auto-approve").expect(0, "complete")


def test_a_state_in_the_checkout_binds_nothing_in_ci(fresh: CommandLab, sink: Sink) -> None:
    """`state/state.json` may be a file of the pull request."""
    del fresh.environ["CI"]
    fresh.run("apply", "--auto-approve").expect(0)
    fresh.environ["CI"] = "1"
    fresh.run("plan").expect(4, "RECONCILER_ADDRESS_DC1")


def test_another_address_than_the_bound_one_is_refused_and_gets_nothing(
    fresh: CommandLab, sink: Sink
) -> None:
    fresh.environ |= {f"RECONCILER_ADDRESS_{name.upper()}": url for name, url in fresh.urls.items()}
    fresh.declare(dc1=sink.url)
    fresh.run("plan").expect(4, "bound to", fresh.urls["dc1"], sink.url)
    fresh.write(f'credentials: {{dc1: {{address: "{sink.url}"}}}}\n', "reconciler.yaml")
    fresh.run("plan").expect(4, "bound to", fresh.urls["dc1"], sink.url)
    assert sink.seen == []


def test_an_address_in_the_environment_that_is_none_is_named(fresh: CommandLab) -> None:
    fresh.environ["RECONCILER_ADDRESS_DC1"] = "dc1.example.com"
    fresh.run("plan").expect(4, "RECONCILER_ADDRESS_DC1", "http")


def test_in_ci_a_cluster_without_a_token_needs_nothing(lab: CommandLab) -> None:
    lab.environ["CI"] = "true"
    lab.run("plan").expect(0)


@pytest.mark.parametrize("ci", ["", "false", "0"])
def test_first_use_on_this_machine_needs_nothing(fresh: CommandLab, ci: str) -> None:
    fresh.environ["CI"] = ci
    fresh.run("plan").expect(0)


def test_first_use_of_another_machine_needs_an_address_also_outside_of_ci(bare: CommandLab) -> None:
    """No state knows the cluster, so nothing says that this address is its own."""
    bare.urls = {"dc1": FAR, "dc2": "http://127.0.0.1:9"}
    bare.declare("peerings: [{between: [dc1, dc2]}]\n")
    bare.environ = {"CONSUL_HTTP_TOKEN_DC1": TOKEN}
    told = bare.run("plan").expect(4, "no address is bound", f'dc1: {{address: "{FAR}"}}', "does not know")
    assert "dc2" not in told.text


def test_the_operator_may_turn_it_off_and_on(fresh: CommandLab) -> None:
    fresh.write("strict_credentials: false\n", "reconciler.yaml")
    fresh.run("plan").expect(0)
    fresh.environ["RECONCILER_STRICT_CREDENTIALS"] = "true"
    fresh.run("plan").expect(4, "RECONCILER_STRICT_CREDENTIALS is set")
    del fresh.environ["CI"], fresh.environ["RECONCILER_STRICT_CREDENTIALS"]
    fresh.write("strict_credentials: true\n", "reconciler.yaml")
    fresh.run("plan").expect(4, "strict_credentials is set in reconciler.yaml")
    fresh.environ["RECONCILER_STRICT_CREDENTIALS"] = "false"
    fresh.run("plan").expect(0)
