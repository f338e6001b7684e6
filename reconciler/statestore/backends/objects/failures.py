"""What the errors of a bucket mean, worded once: what, where, why, and what to do."""

from __future__ import annotations

from reconciler.model.failure import Cause, Failure
from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.backends.objects.reasons import has_no_credentials, is_unconnected, reason, status

_WAYS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the role of this machine",
    "gcs": "GOOGLE_APPLICATION_CREDENTIALS, or the service account of this machine",
    "azure": "AZURE_STORAGE_ACCOUNT_KEY, AZURE_STORAGE_SAS_KEY, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET "
    "with AZURE_TENANT_ID, or the managed identity of this machine",
}
_RIGHTS = {
    "s3": "s3:ListBucket on the bucket; s3:GetObject, s3:PutObject and s3:DeleteObject on its objects",
    "gcs": "the role `Storage Object Admin` on the bucket",
    "azure": "the role `Storage Blob Data Contributor` on the container",
}


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket. `cloud` is `s3`, `gcs` or `azure`, `place` where the state is in it, for people."""

    cloud: str
    place: str
    name: str

    @property
    def word(self) -> str:
        """What a bucket is called there."""
        return "container" if self.cloud == "azure" else "bucket"


def plaintext(bucket: Bucket, address: str) -> Failure:
    """Return the failure of an address on another machine that is not HTTPS."""
    return Failure(
        Cause.STATE_UNREADABLE,
        f"cannot use the state in {bucket.place}: {address} is not encrypted",
        hint="Use https, or set allow_plaintext: true under `state:` in reconciler.yaml.",
    )


def unusable(bucket: Bucket, error: BaseException) -> Failure:
    """Return the failure of a bucket that cannot even be named: settings or credentials are no such thing."""
    return Failure(
        Cause.STATE_UNREADABLE,
        f"cannot use the state in {bucket.place}: {reason(error)}",
        hint=f"Check `state:` in reconciler.yaml, and the credentials: {_WAYS[bucket.cloud]}.",
    )


def no_bucket(bucket: Bucket) -> Failure:
    """Return the failure of a bucket that is not there."""
    return Failure(
        Cause.STATE_UNREADABLE,
        f"cannot use the state in {bucket.place}: there is no {bucket.word} {bucket.name}",
        hint=f"Create the {bucket.word}, or correct `state:` in reconciler.yaml.",
    )


def denied(bucket: Bucket, error: BaseException, cause: Cause) -> Failure:
    """Return the failure of credentials that are not accepted, or do not suffice."""
    verb = "write" if cause is Cause.STATE_UNWRITABLE else "read"
    return Failure(
        cause,
        f"cannot {verb} the state in {bucket.place}: access denied",
        detail=reason(error),
        hint=f"Check the credentials ({_WAYS[bucket.cloud]}). They need {_RIGHTS[bucket.cloud]}.",
    )


def unreachable(bucket: Bucket, error: BaseException) -> Failure:
    """Return the failure of a read that got no usable answer, however often it was repeated."""
    text = reason(error)
    hint = "Make the server reachable, then run again."
    if is_unconnected(error):
        hint = "Make the server reachable, or correct `state:` in reconciler.yaml; then run again."
    if has_no_credentials(error):
        text, hint = f"no credentials were found ({text})", f"Set credentials: {_WAYS[bucket.cloud]}."
    if status(error) in (301, 307) or "configured region" in text:
        hint = f"The {bucket.word} is in another region: correct `region` under `state:` in reconciler.yaml."
    return Failure(Cause.STATE_UNREADABLE, f"cannot read the state in {bucket.place}: {text}", hint=hint)


def refused(bucket: Bucket, error: BaseException) -> Failure:
    """Return the failure of a write that the server will never accept."""
    return Failure(
        Cause.STATE_UNWRITABLE,
        f"cannot write the state in {bucket.place}: {reason(error)}",
        hint=f"See what the {bucket.word} allows: quotas, retention, encryption, conditional writes.",
    )


def unconditional(bucket: Bucket, what: str) -> Failure:
    """Return the failure of a server that writes although the condition of the write does not hold."""
    return Failure(
        Cause.STATE_UNWRITABLE,
        f"cannot keep the state in {bucket.place}: the server ignores conditions of writes ({what})",
        detail="Two runs at the same time would overwrite each other's state.",
        hint="Use a server with conditional writes (If-None-Match and If-Match), or another backend.",
    )
