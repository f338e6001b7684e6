"""The tables of a schema, and the statements on them.

    documents    one row a document: head, journal
    generations  one row a snapshot (a part of one, where it is huge), by its serial
    locks        who has the lock of a state: which run, which session of the database

Versions come from a sequence, so that none comes back. `fence` grows with every lock that is taken. Of one
state and serial there is one row that counts; the others, of runs that died before they were done or whose
snapshot was rewritten since, are `superseded`. Only who locked later may supersede a row: should two runs
ever both believe that they have the lock, the older one cannot write a serial of the newer one.
"""

from __future__ import annotations

TABLES = """
CREATE SCHEMA IF NOT EXISTS "{schema}";
CREATE SEQUENCE IF NOT EXISTS "{schema}".versions;
CREATE TABLE IF NOT EXISTS "{schema}".documents (
    state text NOT NULL, key text NOT NULL, version bigint NOT NULL, data bytea NOT NULL,
    written timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (state, key));
CREATE TABLE IF NOT EXISTS "{schema}".locks (
    state text NOT NULL PRIMARY KEY, fence bigint NOT NULL, pid integer, run text NOT NULL);
CREATE TABLE IF NOT EXISTS "{schema}".generations (
    state text NOT NULL, key text NOT NULL, version bigint NOT NULL, data bytea NOT NULL,
    written timestamptz NOT NULL DEFAULT now(), serial bigint NOT NULL, part integer NOT NULL,
    fence bigint NOT NULL, superseded boolean NOT NULL DEFAULT false, PRIMARY KEY (state, key));
CREATE UNIQUE INDEX IF NOT EXISTS one_row_a_generation
    ON "{schema}".generations (state, serial, part) WHERE NOT superseded;
"""
CREATE_ALONE = 7_233_173_120_264  # of the advisory lock while tables are created

EXISTS = "SELECT to_regclass('\"{schema}\".generations') IS NOT NULL"
READ = 'SELECT data, version::text FROM "{schema}".{table} WHERE state = %s AND key = %s'
KEYS = (
    'SELECT key FROM "{schema}".documents WHERE state = %s AND starts_with(key, %s) UNION ALL '
    'SELECT key FROM "{schema}".generations WHERE state = %s AND starts_with(key, %s)'
)
CREATE = (
    'INSERT INTO "{schema}".documents (state, key, version, data) '
    "VALUES (%s, %s, nextval('\"{schema}\".versions'), %s) ON CONFLICT DO NOTHING RETURNING version::text"
)
REPLACE = (
    'UPDATE "{schema}".{table} SET data = %s, version = nextval(\'"{schema}".versions\'), written = now() '
    "WHERE state = %s AND key = %s AND version::text = %s RETURNING version::text"
)
DELETE = 'DELETE FROM "{schema}".{table} WHERE state = %s AND key = %s'
GENERATE = (
    'WITH older AS (UPDATE "{schema}".generations SET superseded = true '
    "WHERE state = %s AND serial = %s AND part = %s AND NOT superseded AND fence <= %s AND key <> %s "
    "RETURNING 1), room AS (SELECT count(*) FROM older) "
    'INSERT INTO "{schema}".generations (state, key, version, data, serial, part, fence) '
    "SELECT %s, %s, nextval('\"{schema}\".versions'), %s, %s, %s, %s FROM room "
    "ON CONFLICT DO NOTHING RETURNING version::text"
)

TRY_LOCK = "SELECT pg_try_advisory_lock(%s), pg_backend_pid()"
_LOCKED = (
    "FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND classid::bigint << 32 | objid::bigint = %s"
)
PROOF = "SELECT pg_backend_pid(), (SELECT pid {locked})".replace("{locked}", _LOCKED)
SIGN = (
    'INSERT INTO "{schema}".locks (state, fence, pid, run) VALUES (%s, 1, pg_backend_pid(), %s) '
    "ON CONFLICT (state) DO UPDATE SET fence = locks.fence + 1, pid = excluded.pid, run = excluded.run "
    "RETURNING fence"
)
UNLOCK = "SELECT pg_advisory_unlock(%s)"
HOLDER = (
    "SELECT held.pid, activity.application_name, locks.run FROM (SELECT pid {locked}) held "
    "LEFT JOIN pg_stat_activity activity ON activity.pid = held.pid "
    'LEFT JOIN "{schema}".locks ON locks.state = %s AND locks.pid = held.pid'
).replace("{locked}", _LOCKED)
TERMINATE = "SELECT pg_terminate_backend(pid, 5000) FROM (SELECT pid {locked} AND pid = %s) held".replace(
    "{locked}", _LOCKED
)
UNFINISHED = (
    "SELECT pg_terminate_backend(held.pid, 5000) FROM (SELECT pid {locked}) held "
    "JOIN pg_stat_activity activity ON activity.pid = held.pid "
    "WHERE activity.state = 'active' AND activity.wait_event = 'ClientRead' "
    "AND starts_with(activity.application_name, %s) "
    "AND activity.state_change < now() - %s * interval '1 second'"
).replace("{locked}", _LOCKED)
