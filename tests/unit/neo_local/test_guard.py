"""The guard's signatures against botocore's: what its signers make is taken, all else is not."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.utils import percent_encode, percent_encode_sequence
from hypothesis import given
from hypothesis import strategies as st

from neo_local.guard.guard import Guard, Refusal
from neo_local.guard.ministack import is_open
from neo_local.guard.request import Request

SECRET, BODY = "the secret of this instance", b"{}"
SIGNERS = {
    "s3": S3SigV4Auth,
    "lambda": SigV4Auth,
    "s3 presigned": S3SigV4QueryAuth,
    "lambda presigned": SigV4QueryAuth,
}
names = st.text("abcXYZ-._", min_size=1, max_size=8)
parts = st.lists(st.text("aZ0-._~:+&=%é /", max_size=6), max_size=4)
values = st.text("aZ0 -._~:+&=%é/", max_size=8)


def guard(now: float = 0.0) -> Guard:
    return Guard(SECRET, is_open, clock=lambda: time.time() + now)


def signed(
    signer: str,
    path: str = "/2015-03-31/functions",
    params: Mapping[str, str] | None = None,
    secret: str = SECRET,
    token: str | None = None,
) -> Request:
    """Make a request as botocore signs and sends it."""
    body = b"" if "presigned" in signer else BODY
    query = f"?{percent_encode_sequence(params)}" if params else ""
    raw = AWSRequest("POST", f"http://localhost:4566{path}{query}", {"X-Amz-Meta": " a  b "}, body)
    auth = SIGNERS[signer](Credentials("any", secret, token), signer.split()[0], "eu-west-1")
    auth.add_auth(raw)
    prepared = raw.prepare()
    parsed = urlsplit(prepared.url)
    headers = {"Host": parsed.netloc, **prepared.headers}
    target = f"{parsed.path}?{parsed.query}" if parsed.query else parsed.path
    return Request.of("POST", target, headers.items())


def check(request: Request, body: bytes | None = None, now: float = 0.0) -> Refusal | None:
    if body is None:
        body = b"" if "X-Amz-Signature" in request.query else BODY
    return guard(now).screen(request) or guard(now).verify(request, body)


@given(st.sampled_from(sorted(SIGNERS)), parts, st.dictionaries(names, values), st.booleans())
def test_what_botocore_signs_is_taken(
    signer: str, path: list[str], params: dict[str, str], session: bool
) -> None:
    encoded = "/".join(["/x", *(f"y{percent_encode(part, safe='~')}" for part in path)])
    token = "a+token/with=signs" if session else None
    assert check(signed(signer, encoded, params, token=token)) is None


@pytest.mark.parametrize("signer", SIGNERS)
def test_another_secret_is_refused(signer: str) -> None:
    refusal = check(signed(signer, secret="neo-local"))
    assert refusal is not None
    assert refusal.code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("signer", SIGNERS)
@pytest.mark.parametrize("hours", [-1, 1])
def test_a_signature_of_another_time_is_refused(signer: str, hours: int) -> None:
    refusal = check(signed(signer), now=hours * 3600 + 1)
    assert refusal is not None
    assert refusal.code == "RequestExpired"


@pytest.mark.parametrize("signer", SIGNERS)
@pytest.mark.parametrize(
    "change",
    [
        lambda request: replace(request, method="PUT"),
        lambda request: replace(request, path="/2015-03-31/function"),
        lambda request: replace(request, query=f"{request.query}&Qualifier=1"),
    ],
    ids=["method", "path", "query"],
)
def test_a_changed_request_is_refused(signer: str, change: Callable[[Request], Request]) -> None:
    original = signed(signer)
    assert check(original) is None
    assert check(change(original)) is not None


@pytest.mark.parametrize("signer", SIGNERS)
@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "localhost.", "127.1",
     "2130706433", "localhost@evil.example", "localhost:x", "localhost,evil.example", ""],
)  # fmt: skip
def test_a_rebound_name_is_refused_whatever_is_signed(signer: str, host: str) -> None:
    request = signed(signer)
    headers = tuple((n, host if n == "host" else v) for n, v in request.headers)
    refusal = guard().screen(replace(request, headers=headers))
    assert refusal is not None
    assert "unknown Host" in refusal.message


@pytest.mark.parametrize("signer", ["lambda", "lambda presigned"])
def test_a_changed_body_is_refused(signer: str) -> None:
    assert check(signed(signer), body=b"{ }") is not None


@pytest.mark.parametrize("signer", SIGNERS)
@pytest.mark.parametrize("name", ["X-Amz-Copy-Source", "X-Amz-Target", "x-amz-acl"])
def test_a_header_that_is_not_signed_is_refused(signer: str, name: str) -> None:
    original = signed(signer)
    added = Request.of(
        "POST", f"{original.path}?{original.query}", [*original.headers, (name, "/secret/key")]
    )
    assert check(added, body=None) is not None


@pytest.mark.parametrize("signer", SIGNERS)
def test_a_signature_of_one_host_serves_no_other(signer: str) -> None:
    original = signed(signer)
    headers = [(n, "127.0.0.1:1" if n == "host" else v) for n, v in original.headers]
    assert check(replace(original, headers=tuple(headers))) is not None


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer x",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=any/19700101/us-east-1/es/aws4_request, SignedHeaders=host,"
        " Signature=ministack",
        "AWS any:c2lnbmF0dXJl",
        "Basic YTpi",
    ],
)
def test_other_authorizations_are_refused(authorization: str) -> None:
    headers = [("Host", "localhost"), ("Authorization", authorization)]
    refusal = guard().screen(Request.of("GET", "/", headers))
    assert refusal is not None
    assert refusal.code == "MissingAuthenticationToken"


def test_a_second_authorization_or_host_is_refused() -> None:
    original = signed("lambda")
    for name in ("host", "authorization"):
        again = (name, original.one(name))
        assert check(replace(original, headers=(*original.headers, again))) is not None


@pytest.mark.parametrize(
    ("method", "path", "answered"),
    [
        ("GET", "/_ministack/health", True),
        ("POST", "/_ministack/health", False),
        ("GET", "/_ministack/health/../reset", False),
        ("GET", "/%5fministack/health", False),
        ("POST", "/_ministack/reset", False),
        ("PUT", "/_ministack/cfn-response/8f14e45f-ceea-467f-a2a6-4b1d1a3b9d0e", True),
        ("POST", "/_ministack/cfn-response/8f14e45f-ceea-467f-a2a6-4b1d1a3b9d0e", False),
        ("PUT", "/_ministack/cfn-response/", False),
        ("PUT", "/_ministack/cfn-response/8f14e45f-ceea-467f-a2a6-4b1d1a3b9d0e/../../x", False),
    ],
)
def test_what_is_open_unsigned(method: str, path: str, answered: bool) -> None:
    refusal = check(Request.of(method, path, [("Host", "localhost:1")]))
    assert (refusal is None) == answered


@pytest.mark.parametrize("host", ["bucket.localhost:1", "api.execute-api.localhost:1"])
def test_what_is_open_is_so_under_no_other_name(host: str) -> None:
    """MiniStack would take the path for an object of a bucket, or an API's."""
    assert check(Request.of("GET", "/_ministack/health", [("Host", host)])) is not None
    assert check(Request.of("GET", "/_ministack/health?acl", [("Host", "localhost")])) is not None


@pytest.mark.parametrize("digits", ["", "9" * 5000, "-1", "1e3"])
@pytest.mark.parametrize("signer", ["s3 presigned", "s3 of version 2"])
def test_an_invalid_number_of_seconds_is_refused(signer: str, digits: str) -> None:
    link = signed("s3 presigned")
    query = link.query.replace("X-Amz-Expires=3600", f"X-Amz-Expires={digits}")
    if signer != "s3 presigned":
        query = f"AWSAccessKeyId=any&Signature=any&Expires={digits}"
    assert check(replace(link, query=query)) is not None


def test_what_is_open_is_closed_to_pages() -> None:
    headers = [("Host", "localhost:1"), ("Origin", "http://evil.example")]
    assert check(Request.of("GET", "/_ministack/health", headers)) is not None


def test_a_user_may_open_a_presigned_url_in_the_browser() -> None:
    link = signed("s3 presigned")
    typed = replace(link, headers=(*link.headers, ("sec-fetch-site", "none")))
    clicked = replace(link, headers=(*link.headers, ("sec-fetch-site", "cross-site")))
    assert check(typed) is None
    assert check(clicked) is not None


def test_the_secret_is_not_in_what_python_shows() -> None:
    assert SECRET not in repr(guard())
