"""`reconciler.yaml`: read beside the configuration, never as part of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.config.load import load
from reconciler.config.operating.reading import load_operator
from reconciler.config.operating.settings import Credential, OperatorSettings
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import TakeDown
from reconciler.model.state_place import (
    AzurePlace,
    ConsulPlace,
    GcsPlace,
    HttpPlace,
    LocalPlace,
    PostgresPlace,
    S3Place,
)
from tests.support.tables import each

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
    assert settings.state == LocalPlace("/var/lib/reconciler")
    assert settings.parallelism == 4
    assert settings.limits.max_events == 500
    assert settings.take_down is TakeDown.SAME_ACCESS
    assert settings.credentials["dc1"] == Credential(
        "https://h:8501", token_command=("vault", "read", "x"), ca_file="ca.pem", allow_plaintext=True
    )
    assert settings.credentials["dc2"].token_env == "TOKEN"
    assert settings.credentials["dc3"] == Credential()


@each(
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
        ("state: {backend: s4}\n", "1:18", "bad-value"),
        ("state: {backend: [s3]}\n", "1:18", "bad-value"),
        ("state: {bucket: b, path: p}\n", "1:9", "unknown-key"),
        ("state: {backend: local, path: p, bucket: b}\n", "1:34", "unknown-key"),
        ("state: {backend: consul}\n", "1:8", "missing-key"),
        ("state: {backend: consul, path: a//b}\n", "1:32", "bad-value"),
        ("state: {backend: postgres, schema: Team-A}\n", "1:36", "bad-value"),
        ("state: {backend: consul, path: a/../b}\n", "1:32", "bad-value"),
        ("state: {backend: consul, path: a, address: 'consul:8500'}\n", "1:44", "bad-address"),
        ("state: {backend: consul, path: a, address: 'http://h/x'}\n", "1:44", "bad-address"),
        ("state: {backend: postgres}\n", "1:8", "missing-key"),
        ("state: {backend: s3, bucket: b}\n", "1:8", "missing-key"),
        ("state: {backend: gcs, prefix: b}\n", "1:8", "missing-key"),
        ("state: {backend: azure, account: a, prefix: b}\n", "1:8", "missing-key"),
        ("state: {backend: http}\n", "1:8", "missing-key"),
        ("state: {backend: http, address: 'http://h/p', lock_method: 'a b'}\n", "1:60", "bad-value"),
        ("state: {backend: http, address: 'http://169.254.169.254/p'}\n", "1:33", "bad-address"),
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


_PLACES = {
    "{backend: local, path: s}": LocalPlace("s"),
    "{backend: consul, path: a/b, address: 'https://h:8501', namespace: n}": ConsulPlace(
        "a/b", "https://h:8501", namespace="n"
    ),
    "{backend: postgres, schema: s, dsn_env: STATE_DSN}": PostgresPlace("s", "STATE_DSN"),
    "{backend: s3, bucket: b, prefix: p, region: eu, endpoint: 'http://h:9000'}": S3Place(
        "b", "p", region="eu", endpoint="http://h:9000"
    ),
    "{backend: gcs, bucket: b, prefix: p}": GcsPlace("b", "p"),
    "{backend: azure, account: a, container: c, prefix: p}": AzurePlace("a", "c", "p"),
    "{backend: http, address: 'https://h/p', lock_address: 'https://h/p/lock', lock_method: POST}": HttpPlace(
        "https://h/p", lock_address="https://h/p/lock", lock_method="POST"
    ),
}


@pytest.mark.parametrize("text", _PLACES)
def test_where_the_state_is(tmp_path: Path, text: str) -> None:
    (tmp_path / "reconciler.yaml").write_text(f"state: {text}\n")
    assert load_operator(tmp_path).state == _PLACES[text]


@each(
    ("text", "instead"),
    [
        ("{backend: consul, path: a, token: s3cret}", "CONSUL_HTTP_TOKEN"),
        ("{backend: postgres, schema: a, password: s3cret}", "PGPASSWORD"),
        ("{backend: postgres, schema: a, dsn_env: 'postgres://u:s3cret@h/db'}", "dsn_env: STATE_DSN"),
        ("{backend: s3, bucket: a, prefix: p, secret_key: s3cret}", "AWS_SECRET_ACCESS_KEY"),
        ("{backend: gcs, bucket: a, prefix: p, credentials: s3cret}", "GOOGLE_APPLICATION_CREDENTIALS"),
        (
            "{backend: azure, account: a, container: c, prefix: p, sas_token: s3cret}",
            "AZURE_STORAGE_SAS_TOKEN",
        ),
        ("{backend: http, address: 'https://h/p', password: s3cret}", "RECONCILER_HTTP_PASSWORD"),
        ("{backend: http, address: 'https://u:s3cret@h/p'}", "never written here"),
        ("{backend: http, address: 'https://h/p?sig=s3cret'}", "never written here"),
        ("{backend: s3, bucket: a, prefix: p, endpoint: 'https://u:s3cret@h'}", "never written here"),
    ],
)
def test_a_credential_in_the_file_is_refused_and_not_repeated(
    tmp_path: Path, text: str, instead: str
) -> None:
    (tmp_path / "reconciler.yaml").write_text(f"state: {text}\n")
    with pytest.raises(Failure) as caught:
        load_operator(tmp_path)
    (problem,) = caught.value.diagnostics
    assert problem.position is not None
    assert instead in problem.hint
    assert "s3cret" not in repr(problem)


def test_a_key_of_another_backend_names_that_backend(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("state: {bucket: b, path: p}\n")
    with pytest.raises(Failure) as caught:
        load_operator(tmp_path)
    (problem,) = caught.value.diagnostics
    assert problem.hint == "add backend: s3 or gcs"


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
