"""Habits of Terraform, kubectl and Consul's CLI are answered with what takes their place."""

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Cli


@pytest.mark.parametrize(
    ("given", "said", "instead"),
    [
        ("taint x", "No such command 'taint'.", "use reconciler apply --replace ADDRESS"),
        ("import a b", "No such command 'import'.", "declare the object in the configuration"),
        ("fmt", "No such command 'fmt'.", "any formatter of YAML does"),
        ("-C x refresh", "No such command 'refresh'.", "--refresh-only"),
        ("state replace-provider a b", "No such command 'state replace-provider'.", "provider: NAME"),
        ("plan -refresh=false", "No such option: -refresh.", "every plan reads the clusters"),
        ("apply -lock=false", "No such option: -lock.", "--lock-timeout 2m"),
        ("plan -compact-warnings", "No such option: -compact-warnings.", "--summary"),
        ("plan --token=x", "No such option: -token.", "RECONCILER_TOKEN_<CLUSTER>"),
        ("apply --dry-run", "No such option: -dry-run.", "reconciler plan"),
    ],
)
def test_what_is_elsewhere_is_said_by_name(cli: Cli, given: str, said: str, instead: str) -> None:
    ended = cli(*given.split())
    assert ended.code == 1
    first, second, *_ = ended.err.splitlines()
    assert first == f"Error: {said}"
    assert second.startswith("Instead: ")
    assert instead in second


def test_any_other_word_is_refused_as_ever(cli: Cli) -> None:
    assert cli("frobnicate").err.startswith("Error: No such command 'frobnicate'.")
    assert "Instead" not in cli("plan", "--frobnicate").err
    assert "Instead" not in cli("stat", "list").err
    assert cli("two\nlines").err.startswith(r"Error: No such command 'two\nlines'.")


def test_help_shows_no_types_of_python(cli: Cli) -> None:
    for words in (["rotate"], ["apply"], ["state", "show"], ["output"]):
        out = cli(*words, "--help").out
        assert not [word for word in ("<list", "<str", "<path", "<text>") if word in out]
    assert "  PEERING...  Addresses of peerings" in cli("rotate", "--help").out
