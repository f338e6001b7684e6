"""Requests as bytes: what Go's HTTP server takes and what it refuses, in front of Consul's endpoints."""

from __future__ import annotations

from collections.abc import Iterator

HOST = "Host: consul.test\r\n"
LEADER = "/v1/status/leader"
ENTRY = '{"Kind":"service-defaults","Name":"web","Protocol":"http"}'
LENGTH = f"Content-Length: {len(ENTRY)}\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
CHUNKS = f"{len(ENTRY):x}\r\n{ENTRY}\r\n0\r\n\r\n"
Case = tuple[str, str]


def get(target: str = LEADER, headers: str = HOST, *, line: str = "", method: str = "GET") -> str:
    """A request without a body."""
    return f"{line or f'{method} {target} HTTP/1.1'}\r\n{headers}\r\n"


def put(
    headers: str = LENGTH,
    body: str = ENTRY,
    *,
    path: str = "/v1/config",
    method: str = "PUT",
    minor: int = 1,
    host: str = HOST,
) -> str:
    """A request with a body."""
    return f"{method} {path} HTTP/1.{minor}\r\n{host}{headers}\r\n{body}"


def heads() -> Iterator[Case]:
    """Request lines and headers."""
    json, text = "Content-Type: application/json\r\n", "Content-Type: text/plain\r\n"
    yield "two types", put(LENGTH + json + json)
    yield "two different types", put(LENGTH + json + text)
    yield "no type that is one", put(LENGTH + "Content-Type: ///;;;=\r\n")
    yield "lower case", put(LENGTH.lower() + json.lower(), host=HOST.lower())
    yield "upper case", put(LENGTH.upper() + json.upper(), host=HOST.upper())
    yield "no space after the colon", put(LENGTH.replace(": ", ":"))
    yield "spaces around a value", put(LENGTH.replace(": ", ":  \t ").replace("\r\n", "  \t\r\n"))
    yield "space before the colon", put(LENGTH.replace(":", " :"))
    yield "folded", put(LENGTH + "X-Odd: one\r\n two\r\n\tthree\r\n")
    yield "folded first", get(headers=" folded: 1\r\n" + HOST)
    for name, header in (
        ("no colon", "X-Odd"),
        ("no name", ": value"),
        ("odd name", "X(Odd): value"),
        ("odd but legal name", "X_Odd.~!#$%&'*+-^`|: value"),
        ("bytes beyond ASCII", "X-Odd: \xc3\xa9\xff"),
        ("control character", "X-Odd: a\x01b"),
        ("NUL", "X-Odd: a\x00b"),
        ("DEL", "X-Odd: a\x7fb"),
        ("bare CR", "X-Odd: a\rb"),
        ("empty value", "X-Odd:"),
        ("h2c upgrade", "Connection: Upgrade\r\nUpgrade: h2c"),
        ("websocket upgrade", "Connection: Upgrade\r\nUpgrade: websocket"),
        ("close", "Connection: close"),
        ("close in a list", "Connection: X, CLOSE"),
        ("long", "X-Big: " + "a" * 100_000),
        ("too long", "X-Big: " + "a" * 2_000_000),
        ("many", "\r\n".join(f"X-{number}: a" for number in range(2000))),
    ):
        yield f"header: {name}", get(headers=f"{HOST}{header}\r\n")
    yield "line feeds alone", put(LENGTH + json).replace("\r\n", "\n")
    yield "an empty line first", "\r\n" + get()
    for name, host in (
        ("none", ""),
        ("empty", "Host:\r\n"),
        ("two", HOST + HOST),
        ("with a space", "Host: a b\r\n"),
        ("with a path", "Host: a/b\r\n"),
        ("IPv6 with a port", "Host: [::1]:8500\r\n"),
        ("with brackets", "Host: <a>\r\n"),
    ):
        yield f"host: {name}", get(headers=host)
    for version in ("0.9", "1.0", "1.2", "2.0", "1", "1.10", "01.1", "1.x", ""):
        yield f"version {version}", get(line=f"GET {LEADER} HTTP/{version}")
    for line in (
        f"GET {LEADER} http/1.1",
        f"GET {LEADER}",
        "GET",
        f"GET  {LEADER} HTTP/1.1",
        f"GET\t{LEADER} HTTP/1.1",
        f"GET {LEADER} HTTP/1.1 ",
        f"GE(T {LEADER} HTTP/1.1",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03aaaaaaaa",
    ):
        yield f"line {line!r}", get(line=line)
    yield "1.0 without a host", get(line=f"GET {LEADER} HTTP/1.0", headers="")
    yield "1.0 kept alive", get(line=f"GET {LEADER} HTTP/1.0", headers="Connection: keep-alive\r\n")
    yield "1.0 with a body", put(minor=0, host="")
    yield "1.0 in chunks", put(CHUNKED, CHUNKS, minor=0, host="")
    yield "HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    yield "three at once", get() * 3
    yield "three at once with bodies", put() * 2 + get()
    yield "behind a body that nobody reads", put(path="/v1/nope") + get()


def targets() -> Iterator[Case]:
    """Targets in every form, and paths that are not clean."""
    for target in (
        f"http://elsewhere.test{LEADER}",
        f"https://elsewhere.test:99{LEADER}?pretty",
        "http://elsewhere.test",
        f"http://u:p@elsewhere.test{LEADER}",
        f"foo://elsewhere.test{LEADER}",
        f"//elsewhere.test{LEADER}",
        "foo:bar",
        "v1/status/leader",
        "*",
        "",
        f"{LEADER}#fragment",
        f"{LEADER}?",
        f"{LEADER}?a=%zz",
        f"{LEADER}?a;b",
        f"{LEADER}?a%3Bb",
        f"{LEADER}?\xc3\xa9",
        f"{LEADER}\x01",
        f"{LEADER}\x7f",
        "/v1/kv/%zz",
        "/v1/kv/%4",
        "/v1/kv/\xc3\xa9",
        "/v1/kv/\xff",
        '/v1/kv/<a>"{}|\\^`',
        "/v1/kv/%01",
        "/v1/kv/a%00",
        "/v1/kv/a%20b",
        "/v1/kv/a%C2%A0b",
        "/v1/kv/a%FFb",
        "/v1/kv/a%E2%80%8Bb",
        "/v1/kv/a%F0%9F%9A%80",
        "/v1/kv/a+b",
        "/v1%2Fstatus%2Fleader",
        "/v1/kv/%2E%2E/status/leader",
        "/v1/kv/" + "a" * 100_000,
        "//v1/status/leader",
        "/v1//status/leader",
        "/v1/./status/leader",
        "/v1/kv/../status/leader",
        "/../v1/status/leader",
        "/v1/status/leader/",
        "/v1/status/leader/.",
        "/v1/kv",
        "/v1/kv/",
        "/v1/kv/a/",
        "/v1/kv/a//b",
        "/v1/kv/a//b?raw=1&x=%20",
        "/v1/kv/a//b%20c",
        "/v1/kv/a/..",
        "/v1/kv/..",
        "/v1/kv/.",
        "/v1/kv/...",
        "/v1/peering",
        "/v1/peering/",
        "/v1/peering//",
        "/v1/config/service-defaults/",
        "/v1/session/list/",
        "/v1/catalog/service",
        "/v1/health/service?x=1",
        "/v1/acl/policy",
        "/v1",
        "/v1/",
        "/",
        "/..",
        "/index.html",
        "/foo/v1/bar",
        "/V1/status/leader",
        "/ui/",
        "/v1/nope",
        "/v1/agent/self/",
    ):
        yield f"GET {target[:40]!r}", get(target)
    for path in ("//v1/config", "/v1/kv", "/v1/kv/a//b", "/v1/peering", "/v1/./txn"):
        yield f"PUT {path}", put(path=path)
    yield "DELETE", get("/v1/kv//a", method="DELETE")
    yield "absolute without a host", get(f"http://elsewhere.test{LEADER}", headers="")


def methods() -> Iterator[Case]:
    """Methods: what an endpoint allows, HEAD, OPTIONS, CONNECT."""
    none = f"{HOST}Content-Length: 0\r\n"
    for method in ("HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "get", "FROB", "M-SEARCH"):
        yield f"{method} leader", get(headers=none, method=method)
        yield f"{method} config", get("/v1/config", headers=none, method=method)
    for path in ("/v1/kv/a", "/v1/config/service-defaults", "/v1/peerings", "/v1/nope", "/", "/v1/kv"):
        yield f"HEAD {path}", get(path, method="HEAD")
        yield f"OPTIONS {path}", get(path, method="OPTIONS")
    yield "OPTIONS of the server", get("*", method="OPTIONS")
    yield "POST to the server", put("Content-Length: 2\r\n", "{}", path="*", method="POST")
    yield "CONNECT", get("elsewhere.test:80", method="CONNECT")
    yield "CONNECT to a path", get(method="CONNECT")
    yield "CONNECT to a path that is not clean", get("//v1/kv/../status", method="CONNECT")
    yield "another method in a header", put(LENGTH + "X-HTTP-Method-Override: GET\r\n")


def bodies() -> Iterator[Case]:
    """Bodies in chunks and by length, and clients that wait for a word."""
    size = f"{len(ENTRY):x}"
    for name, body in (
        ("one", CHUNKS),
        ("many", "".join(f"1\r\n{one}\r\n" for one in ENTRY) + "0\r\n\r\n"),
        ("extensions", f"{size};a=b;c\r\n{ENTRY}\r\n0;x\r\n\r\n"),
        ("leading zeros", f"000{size}\r\n{ENTRY}\r\n000\r\n\r\n"),
        ("spaces", f"{size}  \r\n{ENTRY}\r\n0\r\n\r\n"),
        ("no number", f"zz\r\n{ENTRY}\r\n0\r\n\r\n"),
        ("0x", f"0x10\r\n{ENTRY}\r\n0\r\n\r\n"),
        ("too short", f"{len(ENTRY) - 1:x}\r\n{ENTRY}\r\n0\r\n\r\n"),
        ("line feeds alone", f"{size}\n{ENTRY}\n0\n\n"),
        ("a trailer", f"{size}\r\n{ENTRY}\r\n0\r\nX-A: b\r\n\r\n"),
    ):
        yield f"chunks: {name}", put(CHUNKED, body)
    yield "chunks: upper case", put(CHUNKED.upper(), CHUNKS)
    yield "chunks and a length", put(CHUNKED + LENGTH, CHUNKS)
    yield "chunks and another length", put(CHUNKED + "Content-Length: 5\r\n", CHUNKS)
    for coding in ("identity", "gzip", "gzip, chunked", ""):
        yield f"coding {coding}", put(f"Transfer-Encoding: {coding}\r\n{LENGTH}")
    yield "coding twice", put(CHUNKED + CHUNKED, CHUNKS)
    yield "length twice", put(LENGTH + LENGTH)
    yield "two lengths", put(LENGTH + "Content-Length: 5\r\n")
    count = len(ENTRY)
    for length in (f"{count}, {count}", f"+{count}", "-1", f"00{count}", "", "9" * 20, "0x10"):
        yield f"length {length}", put(f"Content-Length: {length}\r\n", ENTRY if length else "")
    yield "no length", put("", "")
    yield "length 0 and another request", put("Content-Length: 0\r\n", get())
    yield "a body of GET", put(path=LEADER, method="GET")
    yield "chunks of GET", put(CHUNKED, CHUNKS, path=LEADER, method="GET")
    waits = "Expect: 100-continue\r\n"
    yield "expect", put(LENGTH + waits)
    yield "expect upper case", put(LENGTH + waits.upper())
    yield "expect where nobody reads", put(LENGTH + waits, path="/v1/nope")
    yield "expect of GET", get(headers=HOST + waits)
    yield "expect something else", put(LENGTH + "Expect: 200-ok\r\n")
    yield "expect of 1.0", put(LENGTH + waits, minor=0)
    yield "expect nothing", put("Content-Length: 0\r\n" + waits, "")
    yield "more than the length", put("Content-Length: 3\r\nConnection: close\r\n", "{}}")
    yield "more than one value", put(f"Content-Length: {count + 4}\r\n", f"{ENTRY}{{}}{{}}")
    yield "byte order mark", put(f"Content-Length: {count + 3}\r\n", f"\xef\xbb\xbf{ENTRY}")
    yield "a body that says it is compressed", put(LENGTH + "Content-Encoding: gzip\r\n")


def answers() -> Iterator[Case]:
    """What answers look like: indented, compressed, in chunks, by length."""
    for size in (1399, 1400, 2048, 2049, 3000):
        yield f"value of {size}", put(f"Content-Length: {size}\r\n", "x" * size, path=f"/v1/kv/n{size}")
        yield f"raw value of {size}", get(f"/v1/kv/n{size}?raw")
        gzip = HOST + "Accept-Encoding: gzip\r\n"
        yield f"compressed value of {size}", get(f"/v1/kv/n{size}?raw", headers=gzip)
    for path in (
        "/v1/peerings",
        "/v1/catalog/datacenters",
        "/v1/agent/services",
        LEADER,
        "/v1/kv/none",
        "/v1/peering/none",
    ):
        yield f"indented {path}", get(f"{path}?pretty")
    yield "indented keys", get("/v1/kv/?keys&pretty")
    yield "not indented", get("/v1/catalog/datacenters?pretty=false")
    yield "indented answer to a write", put(path="/v1/config?pretty")
    for coding in ("gzip;q=0", "gzip;q=0.5", "*", "identity", "GZIP", " gzip , deflate", "gzip;q=x", ""):
        yield f"coding {coding!r}", get("/v1/kv/n3000?raw", headers=f"{HOST}Accept-Encoding: {coding}\r\n")
    yield "small and compressed", get("/v1/catalog/datacenters", headers=HOST + "Accept-Encoding: gzip\r\n")
    yield "1.0 with a length", f"GET /v1/kv/n3000?raw HTTP/1.0\r\n{HOST}\r\n"
    yield "1.0 kept alive", f"GET /v1/kv/n3000?raw HTTP/1.0\r\n{HOST}Connection: keep-alive\r\n\r\n"
    yield "1.0 without a length", f"GET /v1/kv/n3000 HTTP/1.0\r\n{HOST}\r\n"
    yield (
        "1.0 without a length, kept alive",
        (f"GET /v1/kv/n3000 HTTP/1.0\r\n{HOST}Connection: keep-alive\r\n\r\n"),
    )
    yield "range", get("/v1/kv/n3000?raw", headers=HOST + "Range: bytes=0-9\r\n")
    yield "page", get(headers=HOST + "Accept: text/html\r\n")
    yield "no cache", get("/v1/peerings", headers=HOST + "Cache-Control: no-cache\r\n")
    yield "cache of an odd age", get("/v1/catalog/nodes", headers=HOST + "Cache-Control: max-age=x\r\n")
    yield "cached and consistent", get("/v1/catalog/nodes?cached&consistent")
    yield "of two values the first", get("/v1/kv/n?keys&separator=0&separator=4")
    name = "a&lt;<b>\u2028é".encode().decode("latin-1")
    entry = f'{{"Kind":"service-defaults","Name":"odd","Meta":{{"k":"{name}"}}}}'
    yield "characters of HTML", put(f"Content-Length: {len(entry)}\r\n", entry)
    yield "characters of HTML read", get("/v1/config/service-defaults/odd?pretty")
    for path in (
        "/v1/catalog/services",
        "/v1/catalog/service/none",
        "/v1/catalog/connect/none",
        "/v1/health/checks/none",
        "/v1/health/service/none",
        "/v1/health/service/none?stale",
        "/v1/health/connect/none?consistent",
        "/v1/connect/intentions",
        "/v1/connect/intentions/match?by=source&name=web",
        "/v1/connect/intentions/check?source=web&destination=api",
        "/v1/config/mesh",
        "/v1/session/list",
        "/v1/event/list",
        "/v1/query",
        "/v1/kv/none?stale",
    ):
        yield f"headers of {path}", get(path)
    for operations in (
        '[{"KV":{"Verb":"get-or-empty","Key":"none"}}]',
        '[{"KV":{"Verb":"get","Key":"none"}}]',
    ):
        length = f"Content-Length: {len(operations)}\r\n"
        yield f"headers of {operations}", put(length, operations, path="/v1/txn")


GROUPS = {
    "http-heads": heads,
    "http-targets": targets,
    "http-methods": methods,
    "http-bodies": bodies,
    "http-answers": answers,
}
