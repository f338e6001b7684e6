"""Ignore comments and the `lint` section: what is shown, how severe it is, and what is said of comments."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.config.load import Loaded, load

BASE = """\
clusters:
  dc1: {address: "http://10.0.0.1:8500"}
  dc2: {address: "http://10.0.0.2:8500"}
peerings: [{between: [dc1, dc2]}]
"""
OPEN = "exports: {dc1: {api: [dc2]}}\nintentions:\n  dc1:\n"
DENY = '    api: [{from: "*", action: deny}]'
MEANT = "# reconciler: ignore[peers-not-denied] dc2 may call it"


def loaded(folder: Path, text: str, operator: str = "") -> Loaded:
    (folder / "base.yaml").write_text(BASE)
    (folder / "x.yaml").write_text(text)
    if operator:
        (folder / "reconciler.yaml").write_text(operator)
    return load(folder)


def told(found: Loaded) -> list[str]:
    return [
        f"{item.position.line} {item.severity.value} {item.code}"
        for item in found.diagnostics
        if item.position
    ]


def test_a_comment_on_the_line_ignores_a_warning(tmp_path: Path) -> None:
    assert told(loaded(tmp_path, f"{OPEN}{DENY}\n")) == ["4 warning peers-not-denied"]
    assert told(loaded(tmp_path, f"{OPEN}{DENY}   {MEANT}\n")) == []


def test_what_a_comment_ignores_is_kept_with_the_reason(tmp_path: Path) -> None:
    found = loaded(tmp_path, f"{OPEN}{DENY}   {MEANT}\n")
    (one,) = found.lint.dropped.values()
    assert (one.problem.code, str(one.problem.position)) == (
        "peers-not-denied",
        f"{tmp_path / 'x.yaml'}:4:11",
    )
    assert one.reason == "dc2 may call it"


def test_what_a_setting_turns_off_is_not_kept(tmp_path: Path) -> None:
    off = "lint: {rules: {peers-not-denied: off}}\n"
    assert loaded(tmp_path, f"{OPEN}{DENY}\n", off).lint.dropped == {}


@pytest.mark.parametrize("between", ["", "\n", "    # why dc2 may call it: ask the shop\n"])
def test_a_comment_alone_is_about_the_next_line(tmp_path: Path, between: str) -> None:
    assert told(loaded(tmp_path, f"{OPEN}    {MEANT}\n{between}{DENY}\n")) == []


def test_it_is_about_no_other_line(tmp_path: Path) -> None:
    assert told(loaded(tmp_path, f"{MEANT}\n{OPEN}{DENY}\n")) == [
        "1 warning unused-ignore",
        "5 warning peers-not-denied",
    ]


def test_several_rules_in_one_comment(tmp_path: Path) -> None:
    text = f"{OPEN}{DENY}  # reconciler: ignore[peers-not-denied, non-ascii-name] dc2 may call it\n"
    found = loaded(tmp_path, text)
    assert told(found) == ["4 warning unused-ignore"]
    assert found.diagnostics[0].summary == "non-ascii-name is not found on line 4: this ignores nothing"


@pytest.mark.parametrize(
    "line",
    [
        f"{DENY}  # reconciler: ignore[self-export] not here {MEANT}",
        f"{DENY}  {MEANT} # reconciler: ignore[self-export] not here",
    ],
)
def test_two_comments_on_a_line_both_count(tmp_path: Path, line: str) -> None:
    found = loaded(tmp_path, f"{OPEN}{line}\n")
    assert told(found) == ["4 warning unused-ignore"]
    assert found.diagnostics[0].summary.startswith("self-export is not found on line 4")


def test_a_value_that_looks_like_a_comment_hides_no_comment_behind_it(tmp_path: Path) -> None:
    said = '    api: [{from: "*", action: deny, description: "x # reconciler: ignore[a] b"}]'
    assert told(loaded(tmp_path, f"{OPEN}{said}  {MEANT}\n")) == []


@pytest.mark.parametrize("word", ["Reconciler:", "reconciler :", "RECONCILER:"])
def test_the_word_is_known_in_any_case(tmp_path: Path, word: str) -> None:
    assert told(loaded(tmp_path, f"{OPEN}{DENY}  {MEANT.replace('reconciler:', word)}\n")) == []


@pytest.mark.parametrize("reason", ["--", "...", "!", ""])
def test_without_a_reason_it_ignores_nothing(tmp_path: Path, reason: str) -> None:
    found = loaded(tmp_path, f"{OPEN}{DENY}  # reconciler: ignore[peers-not-denied] {reason}\n")
    assert told(found) == ["4 warning peers-not-denied", "4 warning ignore-without-reason"]


@pytest.mark.parametrize(
    "said", ["ignore", "ignore[]", "ignore [peers-not-denied] x", "skip[a] b", "ignore[a b"]
)
def test_what_is_not_understood_is_said(tmp_path: Path, said: str) -> None:
    assert told(loaded(tmp_path, f"exports: {{dc1: {{api: [dc2]}}}}  # reconciler: {said}\n")) == [
        "1 warning bad-ignore"
    ]


def test_an_unknown_rule_is_said_with_the_nearest(tmp_path: Path) -> None:
    found = loaded(tmp_path, f"{OPEN}{DENY}  # reconciler: ignore[peer-not-denied] dc2 may call it\n")
    assert told(found) == ["4 warning peers-not-denied", "4 warning unknown-rule"]
    assert found.diagnostics[1].hint == 'did you mean "peers-not-denied"?'


def test_an_error_without_which_there_is_no_plan_cannot_be_ignored(tmp_path: Path) -> None:
    text = "exports: {dc1: {api: [dc1]}}  # reconciler: ignore[self-export] it works for us\n"
    found = loaded(tmp_path, text)
    assert told(found) == ["1 error self-export", "1 warning cannot-ignore"]
    assert "self-export is an error beside which no plan can be made" in found.diagnostics[1].summary


def test_an_optional_error_can(tmp_path: Path) -> None:
    text = "exports: {dc1: {web: [dc2]}}\nredirects: {dc2: {far: api@dc1}}"
    assert told(loaded(tmp_path, text)) == ["2 error not-exported"]
    found = loaded(tmp_path, f"{text}  # reconciler: ignore[not-exported] the other team exports it\n")
    assert told(found) == []
    assert found.desired is not None


def test_an_unused_comment_is_not_reported_beside_errors(tmp_path: Path) -> None:
    """Not every rule is checked then."""
    text = f"{MEANT}\nexports: {{dc1: {{api: [dc1]}}}}\n"
    assert told(loaded(tmp_path, text)) == ["2 error self-export"]


def test_a_rule_that_needs_clusters_may_be_used_by_a_plan(tmp_path: Path) -> None:
    text = "exports: {dc1: {api: [dc2]}}  # reconciler: ignore[withdrawn-redirect] nobody calls it\n"
    assert told(loaded(tmp_path, text)) == []


@pytest.mark.parametrize(
    "text",
    [
        'service_defaults: {dc1: {api: {protocol: http, meta: {a: "x # reconciler: ignore[a]"}}}}\n',
        "service_defaults: {dc1: {api: {protocol: http, meta: {a: 'x # reconciler: ignore[a]'}}}}\n",
        "service_defaults:\n  dc1:\n    api:\n      protocol: http\n      meta:\n"
        "        a: |\n          text\n          # reconciler: ignore[a]\n        b: c\n",
        "service_defaults:\n  dc1:\n    api:\n      protocol: http\n      meta:\n"
        "        a: >-\n          text\n          # reconciler: ignore[a]\n",
        'service_defaults: {dc1: {api: {protocol: http, meta: {a: "x\n  # reconciler: ignore[a]\n  y"}}}}\n',
        "service_defaults: {dc1: {api: {protocol: http, meta: {a: x#reconciler: }}}}\n".replace(": }", "-}"),
    ],
)
def test_a_value_that_looks_like_a_comment_is_none(tmp_path: Path, text: str) -> None:
    assert told(loaded(tmp_path, text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "service_defaults:\n  dc1:\n    api:\n      protocol: http\n      meta:\n"
        "        a: |   # reconciler: ignore\n          text\n",
        "service_defaults:\n  dc1:\n    api:\n      protocol: http\n      meta:\n"
        "        a: |\n          text\n      # reconciler: ignore\n",
        '{"exports": {"dc1": {"api": ["dc2"]}}}  # reconciler: ignore\n',
        "exports: {dc1: {api: [dc2,  # reconciler: ignore\n  ]}}\n",
    ],
)
def test_a_comment_after_a_value_is_one(tmp_path: Path, text: str) -> None:
    assert [item.code for item in loaded(tmp_path, text).diagnostics] == ["bad-ignore"]


def test_a_rule_is_turned_off(tmp_path: Path) -> None:
    assert told(loaded(tmp_path, f"{OPEN}{DENY}\n", "lint: {rules: {peers-not-denied: off}}\n")) == []


def test_a_warning_becomes_an_error(tmp_path: Path) -> None:
    found = loaded(tmp_path, f"{OPEN}{DENY}\n", "lint: {rules: {peers-not-denied: error}}\n")
    assert told(found) == ["4 error peers-not-denied"]
    assert found.desired is None


def test_an_optional_error_becomes_a_warning(tmp_path: Path) -> None:
    text = "exports: {dc1: {web: [dc2]}}\nredirects: {dc2: {far: api@dc1}}\n"
    found = loaded(tmp_path, text, "lint: {rules: {not-exported: warning}}\n")
    assert told(found) == ["2 warning not-exported"]
    assert found.desired is not None


def test_a_required_rule_cannot_be_turned_off(tmp_path: Path) -> None:
    text = "exports: {dc1: {api: [dc1]}}\n"
    found = loaded(tmp_path, text, "lint:\n  rules:\n    self-export: off\n")
    assert told(found) == ["3 warning cannot-ignore", "1 error self-export"]


def test_the_errors_of_a_rule_that_has_both_stay(tmp_path: Path) -> None:
    text = (
        "service_defaults: {dc1: {tcp: {protocol: tcp}}}\n"
        "intentions:\n  dc1:\n"
        "    tcp: [{from: a, permissions: [{action: allow, http: {path_prefix: /}}]}]\n"
        "    any: [{from: a, permissions: [{action: allow, http: {path_prefix: /}}]}]\n"
    )
    assert told(loaded(tmp_path, text)) == ["4 error no-protocol", "5 warning no-protocol"]
    assert told(loaded(tmp_path, text, "lint: {rules: {no-protocol: off}}\n")) == ["4 error no-protocol"]


def test_a_setting_of_an_unknown_rule_is_said(tmp_path: Path) -> None:
    found = loaded(tmp_path, "{}\n", "lint:\n  rules:\n    not-exportd: off\n")
    assert told(found) == ["3 warning unknown-rule"]
    assert found.diagnostics[0].hint == 'did you mean "not-exported"?'


def test_what_is_said_of_comments_follows_the_settings_too(tmp_path: Path) -> None:
    found = loaded(
        tmp_path, f"exports: {{dc1: {{api: [dc2]}}}}  {MEANT}\n", "lint: {rules: {unused-ignore: error}}\n"
    )
    assert told(found) == ["1 error unused-ignore"]
    assert found.desired is None
