"""The scrubber: no spelling of a secret, and no good part of one, gets through; everything else does."""

from __future__ import annotations

import base64
import html
import json
import random
from urllib.parse import quote

import pytest

from reconciler.sdk.secrets.scrub import MASK, SMALL, Credentials, Scrubber, remember
from reconciler.sdk.secrets.secret import Secret
from reconciler.sdk.text import one_line, said
from tests.support.tables import each

TOKEN = "c4a4a7e5-1111-4222-8333-00000000feed"
WORDS = "correct horse / battery \"staple\" & 'né'"
RANDOM = random.Random(7)
LONG = base64.b64encode(bytes(RANDOM.randrange(256) for _ in range(700))).decode()
KEY = (
    "-----BEGIN PRIVATE KEY-----\n"
    + "\n".join(base64.b64encode(bytes(RANDOM.randrange(256) for _ in range(48))).decode() for _ in range(9))
    + "\n-----END PRIVATE KEY-----\n"
)
FILLER = "".join(f'{{"Name": "svc-{number}", "ID": "{RANDOM.random()}"}}\n' for number in range(2000))


def knowing(*secrets: str) -> Scrubber:
    made = Scrubber()
    for secret in secrets:
        made.remember(secret)
    return made


SPELLINGS = {
    "plain": lambda text: text,
    "upper case": str.upper,
    "lower case": str.lower,
    "for a URL": lambda text: quote(text, safe=""),
    "every byte for a URL": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "in JSON": lambda text: json.dumps(text)[1:-1],
    "in JSON as it is": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "in JSON, letter by letter": lambda text: "".join(f"\\u{ord(char):04X}" for char in text),
    "in Python": lambda text: repr(text.encode())[2:-1],
    "in HTML": html.escape,
    "in HTML, letter by letter": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "in base32": lambda text: base64.b32encode(text.encode()).decode(),
    "in hex": lambda text: text.encode().hex(),
    "in hex with colons": lambda text: text.encode().hex(":").upper(),
    "backwards": lambda text: text[::-1],
}


@pytest.mark.long
@each("secret", [TOKEN, WORDS], ids=["token", "words"])
@each("form", SPELLINGS)
@each("around", ["", FILLER], ids=["short", "long"])
def test_every_spelling_is_masked(secret: str, form: str, around: str) -> None:
    spelled = SPELLINGS[form](secret)
    shown = knowing(secret).scrubbed(f"{around}<{spelled}>{around}")
    assert shown.replace("=", "") == f"{around}<{MASK}>{around}"


@pytest.mark.parametrize("secret", [TOKEN, LONG], ids=["token", "peering token"])
def test_base64_of_a_text_that_has_it_in_the_middle(secret: str) -> None:
    for lead in range(3):
        spelled = base64.b64encode(b"x" * lead + secret.encode() + b"yz").decode()
        shown = knowing(secret).scrubbed(spelled)
        assert MASK in shown
        assert len(shown) < len(MASK) + 14


@each("size", range(9, 36))
def test_a_part_of_a_token_is_masked_wherever_it_was_cut(size: int) -> None:
    know = knowing(TOKEN)
    for begin in range(len(TOKEN) - size + 1):
        part = TOKEN[begin : begin + size]
        if len(set(part)) > 4:
            assert know.scrubbed(f"X-Half: {part}.") == f"X-Half: {MASK}."


@pytest.mark.long
def test_half_of_a_token_is_masked_also_in_a_long_text() -> None:
    know = knowing(TOKEN, LONG)
    for part in (TOKEN[:18], TOKEN[5:23], LONG[100:300], LONG[-200:]):
        for shift in range(10):
            text = FILLER[shift:] + part + FILLER
            assert len(text) > SMALL
            assert know.scrubbed(text) == FILLER[shift:] + MASK + FILLER


def test_a_text_of_several_lines_is_masked_line_by_line() -> None:
    know = knowing(KEY)
    for line in KEY.splitlines()[1:-1]:
        assert know.scrubbed(f"  {line}\n") == f"  {MASK}\n"
        assert know.scrubbed(f"{FILLER}  {line}\n") == f"{FILLER}  {MASK}\n"
    assert know.scrubbed(json.dumps({"PrivateKey": KEY})) == json.dumps({"PrivateKey": MASK})
    assert know.scrubbed("expected -----BEGIN") == "expected -----BEGIN"


def test_nothing_else_is_touched() -> None:
    know = knowing(TOKEN, WORDS, LONG, KEY)
    for text in (FILLER, "00000000-0000-0000-0000-000000000000", "correct", json.dumps(KEY[:28])):
        assert know.scrubbed(text) is text


def test_a_short_secret_is_masked_only_in_answers_to_its_own_request() -> None:
    assert knowing("root").scrubbed("the root of it") == "the root of it"
    assert said(b"bad token ROOT", [Secret("root")], 100) == f"bad token {MASK}"


def test_what_is_shown_is_cut_after_it_was_masked() -> None:
    remember(TOKEN)
    for lead in range(270, 300):
        assert TOKEN[:9] not in one_line("x" * lead + TOKEN)
        assert TOKEN[:9] not in said(b"x" * lead + TOKEN.encode(), [], 300)


def test_json_stays_json_also_where_a_number_is_the_secret() -> None:
    know = knowing("12345678901", TOKEN)
    value = {"a": 12345678901, TOKEN: [True, None, f"x{TOKEN}", {"b": 1.5}]}
    assert know.masked(value) == {"a": MASK, MASK: [True, None, f"x{MASK}", {"b": 1.5}]}


def test_a_token_in_data_is_noticed_in_any_spelling_that_json_allows() -> None:
    known = Credentials()
    known.learn(TOKEN)
    mixed = "".join(f"\\u00{ord(char):02x}" if at % 5 == 0 else char for at, char in enumerate(TOKEN))
    for text in (TOKEN, TOKEN.upper(), TOKEN[3:20], mixed, SPELLINGS["in base64"](TOKEN)):
        assert known.are_in(f'[{{"Name": "{text}"}}]'.encode()), text
    assert not known.are_in(FILLER.encode())


def test_a_token_of_words_is_no_reason_to_refuse_data() -> None:
    """`consul-admin` may be a token in a laboratory, and a service."""
    known = Credentials()
    known.learn("consul-admin-token")
    assert not known.are_in(b'{"Name": "consul-admin-token"}')


def test_what_is_used_once_is_forgotten_when_many_others_came_after_it() -> None:
    """A run that makes a thousand peerings keeps no thousand tokens; each is worthless once it was used."""
    know = knowing(TOKEN)
    passing = [f"{number:04x}{RANDOM.randrange(16**28):028x}" for number in range(300)]
    for secret in passing:
        know.remember(secret, passing=True)
        assert know.scrubbed(secret) == MASK
    assert know.scrubbed(passing[0]) == passing[0]
    assert know.scrubbed(passing[-64]) == know.scrubbed(TOKEN) == MASK
