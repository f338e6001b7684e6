"""State in a bucket: S3 and what speaks its protocol, Google Cloud Storage, Azure Blob Storage.

Belongs here: the client library (`client`, its one door), what its errors mean (`failures`), where buckets
are and whose credentials count (`places`), and `ObjectBackend`. A document is an object; the lock is a lease
in one (`shared.lease`), because buckets have no locks.
"""

from reconciler.statestore.backends.objects.places import connect

__all__ = ["connect"]
