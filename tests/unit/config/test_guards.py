"""`safety`, `freeze` and `approvals` in `reconciler.yaml`: what they say, and what is wrong where."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.config.operating.reading import load_operator
from reconciler.config.operating.settings import OperatorSettings
from reconciler.model.failure import Failure
from reconciler.model.guarding.approvals import Signer
from reconciler.model.guarding.freezes import Window
from reconciler.model.guarding.limits import Limit, Most


def read(folder: Path, text: str) -> OperatorSettings:
    (folder / "reconciler.yaml").write_text(text)
    return load_operator(folder)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(Failure) as caught:
        read(folder, text)
    return [
        f"{item.position}: {item.summary}".removeprefix(f"{folder}/") for item in caught.value.diagnostics
    ]


def test_limits_are_numbers_and_shares(tmp_path: Path) -> None:
    text = """
safety:
  limits:
    - {clusters: [dc1], types: [peering], max_delete: 0}
    - {max_delete: 30%, max_change: 12.5 %, min_objects: 0}
  confirm: ["peering.*"]
"""
    found = read(tmp_path, text).safety
    assert found.limits == (
        Limit(("dc1",), ("peering",), Most(number=0)),
        Limit((), (), Most(percent=30), Most(percent=12.5), 0),
    )
    assert found.confirm == ("peering.*",)


@pytest.mark.parametrize("value", ["30", "-1", "101%", "true", "1.5", "a third", "[3]", "30%%"])
def test_anything_else_is_no_limit(value: str, tmp_path: Path) -> None:
    text = f"safety:\n  limits:\n    - max_delete: {value}\n"
    if value == "30":
        assert read(tmp_path, text).safety.limits == (Limit(max_delete=Most(number=30)),)
        return
    assert problems(tmp_path, text) == ["reconciler.yaml:3:19: max_delete is not a limit"]


def test_a_limit_that_limits_nothing_is_a_mistake(tmp_path: Path) -> None:
    assert problems(tmp_path, "safety: {limits: [{clusters: [dc1]}]}\n") == [
        "reconciler.yaml:1:19: a limit without max_delete and max_change limits nothing"
    ]


def test_an_unknown_key_is_a_mistake(tmp_path: Path) -> None:
    (shown,) = problems(tmp_path, "safety: {limits: [{max_deletes: 3}]}\n")
    assert 'unknown key "max_deletes"' in shown


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("from: 2026-02-30", '1:17: "2026-02-30" is no time'),
        ("until: 9999-12-31", '1:18: "9999-12-31" is no time'),
        ("from: 0001-01-01T00:00, time_zone: Europe/Berlin", '1:17: "0001-01-01T00:00" is no time'),
        ("from: 2026-12-20, until: 2026-12-19", "1:36: it ends before it begins"),
        ("until: 2026-13-20T18:00", '1:18: "2026-13-20T18:00" is no time'),
        ("until: tomorrow", '1:18: "tomorrow" is no time'),
        ("from: 2026-12-20T18:00, until: 2026-12-20T18:00Z", "1:42: it ends before it begins"),
        ("from: 2026-12-20T18:00, time_zone: Europe/Berln", '1:46: there is no time zone "Europe/Berln"'),
        ("from: 2026-12-20T18:00, time_zone: ../etc/passwd", '1:46: there is no time zone "../etc/passwd"'),
        ("from: 2026-12-20T18:00, time_zone: Europe", '1:46: there is no time zone "Europe"'),
        ("cron: 0 18 * * FRI", "1:10: cron without for"),
        ("for: 60h", "1:10: for without cron"),
        ("cron: 0 18 * * FRI, for: 60h, until: 2026-12-20T18:00Z", "1:10: until and cron are of two kinds"),
        ("cron: 0 18 * *, for: 60h", "1:17: a cron has five fields, and this has 4"),
        ("cron: 0 18 * * FRI, for: 60s", '1:36: "60s" is no time span'),
        ("cron: 0 18 * * FRI, for: 400d", '1:36: "400d" is no time span'),
        ("cron: 0 18 * * FRI, for: 0h", '1:36: "0h" is no time span'),
        ("time_zone: Europe/Berlin", "1:10: a freeze has no time"),
    ],
)
def test_what_is_no_freeze(text: str, problem: str, tmp_path: Path) -> None:
    (shown,) = problems(tmp_path, f"freeze: [{{{text}, reason: r}}]\n")
    assert shown.startswith(f"reconciler.yaml:{problem}")


@pytest.mark.parametrize("until", ["2026-12-24", "2026-12-25T00:00"])
def test_a_day_alone_is_all_of_that_day(until: str, tmp_path: Path) -> None:
    text = f"freeze: [{{from: 2026-12-24, until: {until}, time_zone: Europe/Berlin, reason: r}}]\n"
    (freeze,) = read(tmp_path, text).freezes
    assert isinstance(freeze, Window)
    assert (str(freeze.begins), str(freeze.ends)) == (
        "2026-12-24 00:00:00+01:00",
        "2026-12-25 00:00:00+01:00",
    )


def test_a_freeze_has_a_reason(tmp_path: Path) -> None:
    assert problems(tmp_path, "freeze: [{until: 2026-12-20T18:00Z}]\n") == [
        'reconciler.yaml:1:10: "reason" is missing'
    ]


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOyrUc0Vc798k+z+iuk8jPscfnRdtNz64uUT8G9ml8wq"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGyrUc0Vc798k+z+iuk8jPscfnRdtNz64uUT8G9ml8wq"


def test_signers_are_names_and_keys(tmp_path: Path) -> None:
    text = f"approvals: {{required: 1, signers: [{{name: anna@example.com, key: {KEY} anna laptop}}]}}\n"
    found = read(tmp_path, text).approvals
    assert (found.required, found.signers) == (1, (Signer("anna@example.com", KEY),))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("required: 1", "approvals are required of no one"),
        (f"required: 2, signers: [{{name: a, key: {KEY}}}]", "2 approvals are required, and 1 signers are"),
        (f'signers: [{{name: "*", key: {KEY}}}]', '"*" is no name of a signer'),
        (f"signers: [{{name: a, key: {KEY}}}, {{name: b, key: {KEY} b}}]", "a has the same key"),
        ("signers: [{name: a, key: AAAA}]", "this is no public SSH key"),
        ("signers: [{name: a, key: ssh-ed25519 AAAA}]", "this is no public SSH key"),
        (
            f"signers: [{{name: a, key: {KEY}}}], signers_file: f",
            "signers and signers_file exclude each other",
        ),
    ],
)
def test_what_is_no_list_of_signers(text: str, problem: str, tmp_path: Path) -> None:
    assert any(problem in shown for shown in problems(tmp_path, f"approvals: {{{text}}}\n"))


def test_a_key_cannot_bring_lines_of_its_own(tmp_path: Path) -> None:
    text = f'approvals: {{signers: [{{name: a, key: "{KEY}\\n* {OTHER}"}}]}}\n'
    assert any("no public SSH key" in shown for shown in problems(tmp_path, text))
