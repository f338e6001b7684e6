"""Global options: before the command or after it, GNU's spelling or Terraform's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.cli.options.argv import normalised
from tests.support.tables import each
from tests.unit.cli.conftest import Cli, FakeApp

KNOWN = {"out", "auto-approve", "json", "var", "help", "undo"}


@each(
    ("given", "meant"),
    [
        ("plan -out=x", "plan --out=x"),
        ("plan -out x", "plan --out x"),
        ("apply -auto-approve", "apply --auto-approve"),
        ("plan -var a=-out", "plan --var a=-out"),
        ("plan -v -C d -f x", "plan -v -C d -f x"),
        ("plan --out=x", "plan --out=x"),
        ("plan -unknown", "plan -unknown"),
        ("state rm -- -json", "state rm -- -json"),
        ("plan -undo", "plan --undo=1"),
        ("plan --undo -out x", "plan --undo=1 --out x"),
        ("apply --undo 3", "apply --undo 3"),
        ("help plan", "plan --help"),
        ("-help", "--help"),
        ("help", "--help"),
    ],
)
def test_terraforms_spelling(given: str, meant: str) -> None:
    assert normalised(given.split(), KNOWN) == meant.split()


def test_global_options_before_and_after(cli: Cli, fake: FakeApp) -> None:
    cli("-C", "here", "-var", "a=1", "-f", "x", "plan", "--var", "a=2", "--var=b=3=4", "-f", "y",
        "--parallelism", "4", "-lock-timeout=2m", "--state", "s")  # fmt: skip
    options = fake.asked.options
    assert options.root == Path("here")
    assert options.paths == (Path("x"), Path("y"))
    assert {key: options.variables[key] for key in "ab"} == {"a": "2", "b": "3=4"}
    assert (options.parallelism, options.lock_timeout) == (4, 120.0)
    assert options.state_path == Path("s")


def test_the_inner_directory_wins(cli: Cli, fake: FakeApp) -> None:
    cli("-C", "outer", "validate", "-C", "inner")
    assert fake.asked.options.root == Path("inner")


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0.0), ("1.5", 1.5), ("30s", 30.0), ("500ms", 0.5), ("1h", 3600.0)]
)
def test_durations(cli: Cli, fake: FakeApp, text: str, value: float) -> None:
    cli("plan", "--lock-timeout", text)
    assert fake.asked.options.lock_timeout == value


@pytest.mark.parametrize("text", ["soon", "-1", "1d", ""])
def test_bad_durations(cli: Cli, fake: FakeApp, text: str) -> None:
    assert cli("plan", f"--lock-timeout={text}").code == 1


def test_a_value_that_an_option_does_not_have(cli: Cli, fake: FakeApp) -> None:
    said = cli("plan", "--format", "yaml")
    assert said.code == 1
    assert "Error: Invalid value for '--format': 'yaml' is not one of 'text', 'json'" in said.err


class TestVariables:
    def test_flags_win_over_files_and_files_over_the_environment(
        self, cli: Cli, fake: FakeApp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        for name in "abc":
            monkeypatch.setenv(f"RECONCILER_VAR_{name}", "environment")
        file = tmp_path / "v.json"
        file.write_text(json.dumps({"b": "file", "c": "file", "n": 3, "t": True}))
        cli("plan", "-var-file", str(file), "-var", "c=flag")
        options = fake.asked.options
        found = {**options.ambient, **options.variables}
        assert (found["a"], found["b"], found["c"]) == ("environment", "file", "flag")
        assert "a" not in options.variables
        assert (found["n"], found["t"]) == ("3", "true")

    def test_lines(self, cli: Cli, fake: FakeApp, tmp_path: Path) -> None:
        file = tmp_path / "v.yaml"
        file.write_text(
            "---\n# the clusters\ndc1: https://a:8501  # eu\ndc2 = 'b # c' # d\nempty =\nq: \"x: y\"\n\n"
        )
        cli("plan", "--var-file", str(file))
        found = fake.asked.options.variables
        assert found["dc1"] == "https://a:8501"
        assert (found["dc2"], found["empty"], found["q"]) == ("b # c", "", "x: y")

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (b"a: 1\n- b\n", "v.txt:2: not a variable"),
            (b'{"a": ', "is not JSON"),
            (b'{"a": [1]}', "the value of a is not"),
            (b'{"a": null}', "the value of a is not"),
            (b"\xff\xfe", "it is not UTF-8 text"),
        ],
    )
    def test_bad_files(self, cli: Cli, fake: FakeApp, tmp_path: Path, content: bytes, says: str) -> None:
        file = tmp_path / "v.txt"
        file.write_bytes(content)
        ended = cli("plan", "--var-file", str(file))
        assert ended.code == 1
        assert says in ended.err

    def test_a_missing_file_and_a_bad_flag(self, cli: Cli, fake: FakeApp) -> None:
        assert "No such file" in cli("plan", "--var-file", "/nowhere").err
        assert "write it as -var name=value" in cli("plan", "-var", "a").err


def test_colours(cli: Cli, fake: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in cli("plan").out, "not a terminal"
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32m+\x1b[0m" in cli("plan").out
    assert "\x1b" not in cli("plan", "--no-color").out
    assert "\x1b" not in cli("-no-color", "plan").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in cli("plan").out


def test_hints_are_for_people_only(cli: Cli, fake: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "or run: reconciler apply" in cli("plan").out
    monkeypatch.setenv("RECONCILER_IN_AUTOMATION", "1")
    assert "or run: reconciler apply" not in cli("plan").out
