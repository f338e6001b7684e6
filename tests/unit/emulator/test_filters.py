"""Filter expressions, applied to rows."""

from __future__ import annotations

import pytest

from reconciler.emulator.filters.fields import HEALTH
from reconciler.emulator.filters.match import compile_filter
from reconciler.emulator.wire.messages import Refusal
from tests.support.tables import each

ROW = {
    "Node": {"Node": "n1", "Meta": {"zone": "a", "in": "x"}},
    "Service": {
        "Service": "web",
        "Port": 80,
        "Tags": ["v1", "prod"],
        "EnableTagOverride": False,
        "Meta": None,
    },
    "Checks": [{"Status": "passing"}, {"Status": "warning"}],
}


@each(
    ("text", "fits"),
    [
        ("Service.Port == 80", True),
        ('Service.Port == "0x50"', True),
        ("Service.Port != 80", False),
        ("v1 in Service.Tags", True),
        ('"v2" in Service.Tags', False),
        ("v2 not in Service.Tags", True),
        ("Service.Tags contains prod", True),
        ("Service.Tags not contains prod", False),
        ("Service.Tags is not empty", True),
        ("Service.Meta is empty", True),
        ("Service.Meta.v == 1", False),
        ("Service.Meta.v != 1", True),
        ('Node.Meta["in"] == x', True),
        ("zone in Node.Meta", True),
        ("Node.Node matches `^n[0-9]$`", True),
        ("Node.Node not matches `^m`", True),
        ("Checks.Status == warning", True),
        ("Checks.Status == critical", False),
        ("Service.Kind == ``", True),
        ("Service.EnableTagOverride == false", True),
        ("not Service.Port == 80", False),
        ("not (Service.Port == 81 or v2 in Service.Tags) and Node.Node == n1", True),
        ("Service.Port == 81 or Service.Port == 80 and Node.Node == n2", False),
    ],
)
def test_a_filter_keeps_what_it_says(text: str, fits: bool) -> None:
    assert compile_filter(text, HEALTH)(ROW) is fits


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Nope == 1", 'Selector "Nope" is not valid'),
        ("Service.Nope.x == 1", 'Selector "Service.Nope" is not valid'),
        ("Service == 1", 'Invalid match operator "Equal" for selector "Service"'),
        ("Service.Port == x", 'Failed to coerce value "x" for selector "Service.Port"'),
        ("Node.Node matches `(`", 'Failed to compile regular expression "("'),
    ],
)
def test_what_cannot_be_asked_is_refused_with_consuls_words(text: str, words: str) -> None:
    with pytest.raises(Refusal, match="Failed to create boolean expression evaluator") as refused:
        compile_filter(text, HEALTH)
    assert words in refused.value.text
    assert refused.value.status == 500
