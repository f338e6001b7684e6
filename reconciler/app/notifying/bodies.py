"""What is sent: the document of a webhook, and the text for Slack. Both without secrets."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from reconciler import __version__
from reconciler.model.auditing.origin import Origin
from reconciler.model.notifying.hook import Occasion
from reconciler.model.notifying.news import News
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.secrets.scrub import has_secret, masked
from reconciler.sdk.secrets.secret import Secret
from reconciler.sdk.text import one_line

FORMAT_VERSION = "1.0"
MOST, SHOWN = 50, 10  # addresses of one notification, and of its text for Slack
_SLACK = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


class NotDelivered(Exception):
    """A notification was not sent; says why."""


@dataclass(frozen=True, slots=True)
class About:
    """What a notification says besides its news. `at` is UTC, `id` is the same in every attempt."""

    id: str
    at: str
    configuration: str | None
    place: str
    by: str
    origin: Origin


def webhook(news: News, occasion: Occasion, about: About) -> dict[str, Any]:
    """Return the document of a webhook."""
    actor, revision = about.origin.actor, about.origin.revision
    return {
        "format_version": FORMAT_VERSION,
        "event": occasion.value,
        "id": about.id,
        "at": about.at,
        "reconciler_version": __version__,
        "configuration": about.configuration,
        "operation": news.operation,
        "verdict": {
            "exit_code": int(news.verdict.exit_code),
            "word": news.verdict.word.value,
            "text": one_line(news.verdict.text),
        },
        "plan": {"fingerprint": news.fingerprint} if news.fingerprint else None,
        "state": {"place": about.place, "serial": news.serial},
        "counts": asdict(news.counts) if news.counts is not None else None,
        "drift": dict(news.drift) or None,
        "addresses": list(news.addresses[:MOST]),
        "by": about.by,
        "actor": asdict(actor) if actor is not None else None,
        "revision": asdict(revision) if revision is not None else None,
    }


def slack(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same as a message for Slack, and for what takes Slack's: one text, in which no name is
    markup.
    """
    name = f" of {document['configuration']}" if document["configuration"] else ""
    lines = [f"reconciler {document['operation']}{name}: {document['verdict']['text']}"]
    lines += [f"• {address}" for address in document["addresses"][:SHOWN]]
    if len(document["addresses"]) > SHOWN:
        lines.append(f"• and {len(document['addresses']) - SHOWN} more")
    lines.append(_about(document))
    text = "\n".join(lines)
    return {"text": "".join(_SLACK.get(character, character) for character in text)}


def _about(document: Mapping[str, Any]) -> str:
    actor, revision, plan = document["actor"], document["revision"], document["plan"]
    parts = [f"by {actor['name'] if actor and actor['name'] else document['by']}"]
    if revision:
        parts.append(f"revision {revision['commit'][:12]}{', dirty' if revision['dirty'] else ''}")
    if plan:
        parts.append(f"plan {plan['fingerprint']}")
    if actor and actor["job"]:
        parts.append(actor["job"])
    return "; ".join(parts)


def content(document: Mapping[str, Any]) -> bytes:
    """Return the bytes of a document: ASCII, and with a mask in place of every secret that this run knows."""
    text = json.dumps(document, ensure_ascii=True)
    if has_secret(text):
        text = json.dumps(masked(json.loads(text)), ensure_ascii=True)
    return text.encode("ascii")


def signature(secret: Secret, body: bytes, seconds: int) -> str:
    """Return the header of the signature: the time in seconds since the epoch, and the HMAC-SHA256 of that
    time, a dot, and the body as it is sent.
    """
    signed = f"{seconds}.".encode() + body
    return f"t={seconds},v1={hmac.new(secret.reveal().encode(), signed, hashlib.sha256).hexdigest()}"
