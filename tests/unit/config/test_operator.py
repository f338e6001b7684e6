"""`reconciler.yaml`: read beside the configuration, never as part of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.config.load import load
from reconciler.config.operator import Credential, OperatorSettings, load_operator
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import TakeDown

_CLUSTERS = "clusters: {dc1: {address: 'http://10.0.0.1:8500'}}\n"
_FULL = """\
state: {path: /var/lib/reconciler}
parallelism: 4
limits: {max_file_bytes: 1000, max_events: 500}
take_down: same-access
credentials:
  dc1: {address: "https://h:8501", token_command: [vault, read, x], ca_file: ca.pem, allow_plaintext: true}
  dc2: {token_env: TOKEN, cert_file: c, key_file: k, server_name: s}
  dc3:
"""


def test_without_a_file_there_are_defaults(tmp_path: Path) -> None:
    assert load_operator(tmp_path) == OperatorSettings()


def test_everything_it_can_say(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text(_FULL)
    settings = load_operator(tmp_path)
    assert settings.state_path == "/var/lib/reconciler"
    assert settings.parallelism == 4
    assert settings.limits.max_events == 500
    assert settings.take_down is TakeDown.SAME_ACCESS
    assert settings.credentials["dc1"] == Credential(
        "https://h:8501", token_command=("vault", "read", "x"), ca_file="ca.pem", allow_plaintext=True
    )
    assert settings.credentials["dc2"].token_env == "TOKEN"
    assert settings.credentials["dc3"] == Credential()


@pytest.mark.parametrize(
    ("text", "place", "code"),
    [
        ("stat: {}\n", "1:1", "unknown-key"),
        ("state: {}\n", "1:8", "missing-key"),
        ("parallelism: 0\n", "1:14", "bad-value"),
        ("parallelism: many\n", "1:14", "wrong-type"),
        ("take_down: sometimes\n", "1:12", "bad-value"),
        ("credentials: {dc1: {token: s3cret}}\n", "1:21", "unknown-key"),
        ("credentials: {dc1: {token_env: A, token_file: b}}\n", "1:35", "bad-value"),
        ("credentials: {dc1: {address: 'http://u:p@h'}}\n", "1:30", "bad-address"),
        ("credentials: {dc1: {token_command: 'vault read'}}\n", "1:36", "wrong-type"),
        ("a: *b\n", "1:4", "alias"),
        ("a: [\n", "2:1", "syntax"),
    ],
)
def test_what_is_wrong_with_it(tmp_path: Path, text: str, place: str, code: str) -> None:
    path = tmp_path / "reconciler.yaml"
    path.write_text(text)
    (tmp_path / "a.yaml").write_text(_CLUSTERS)
    with pytest.raises(Failure) as caught:
        load_operator(tmp_path)
    assert caught.value.cause is Cause.CONFIGURATION
    found = [(str(d.position), d.code) for d in caught.value.diagnostics]
    assert found == [(f"{path}:{place}", code)]
    loaded = load(tmp_path)
    assert [(str(d.position), d.code) for d in loaded.diagnostics] == found
    assert loaded.desired is None


def test_credentials_of_a_cluster_that_is_not_declared(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("credentials: {dc11: {token_env: A}}\n")
    (tmp_path / "a.yaml").write_text(_CLUSTERS)
    loaded = load(tmp_path)
    (warning,) = loaded.diagnostics
    assert (warning.code, warning.hint) == ("unknown-cluster", 'did you mean "dc1"?')
    assert loaded.desired is not None


def test_it_holds_for_named_paths_too_and_is_no_part_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("parallelism: 3\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.yml").write_text(_CLUSTERS)
    loaded = load(tmp_path, [tmp_path / "sub"])
    assert loaded.operator.parallelism == 3
    assert loaded.files == (str(tmp_path / "sub" / "a.yml"),)
