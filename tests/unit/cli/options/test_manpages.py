"""Manual pages say what `--help` says, and roff accepts them."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from reconciler.cli.manpages import escaped, pages
from tests.unit.cli.options.test_help import COMMANDS

PAGES = pages()


def test_each_command_has_a_page() -> None:
    assert {f"{'-'.join(('reconciler', *words))}.1" for words in COMMANDS} == PAGES.keys()
    assert "\\fBreconciler\\-state\\-rm\\fR(1)" in PAGES["reconciler.1"]


def test_a_page_has_the_options_and_the_examples_of_the_help() -> None:
    page = PAGES["reconciler-plan.1"]
    for text in ("--detailed-exitcode", "--target ADDRESS", "--chdir DIR", "reconciler plan -out plan.json"):
        assert escaped(text) in page
    assert page.index(".SH OPTIONS") < page.index(".SH GLOBAL OPTIONS")


def test_text_is_not_taken_for_requests() -> None:
    assert escaped(".so /etc/passwd") == "\\&.so /etc/passwd"
    assert escaped("'quoted' -x \\n") == "\\&'quoted' \\-x \\en"


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff on this machine")
@pytest.mark.parametrize("name", PAGES)
def test_groff_accepts_a_page_without_a_warning(name: str) -> None:
    argv = ["groff", "-man", "-ww", "-Tascii"]
    ended = subprocess.run(argv, input=PAGES[name], capture_output=True, text=True, check=True)
    assert ended.stderr == ""
    assert "reconciler manual" in ended.stdout
