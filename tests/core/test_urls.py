"""URLs: what we accept, a browser reads the same way."""

import json
import os
from pathlib import Path

import pytest

from my_app import urls
from my_app.errors import BadMetadata

VECTORS = Path(os.environ.get("MY_APP_VECTORS", Path(__file__).parents[2].parent / "shared" / "vectors"))


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "http://localhost:80@evil.test/",
        "http://127.0.0.1.evil.test/",
        "http://[::ffff:127.0.0.1]/",
        "http://0177.1/",
        "http://127.1/",
        "http://0x7f.1/",
        "http://2130706433/",
        "https://good.test\\@evil.test/",
        "https://good.test\t/",
        "https://good.test/#frag",
        "https://user@good.test/",
        "https://bücher.test/",
        "https://good.test:99999/",
        "https://good.test:0/",
        "https:/good.test/",
        "https://",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "-x",
        "%action",
        "$(id)",
        "https://good%2etest/",
        "https://good.test./",
        "https://good.test/\r\nX: y",
        "https://" + "a" * 9000,
        "",
    ],
)
def test_odd_urls_are_refused(url: str) -> None:
    """A6, N2: a URL that two readers could read differently, or that is not https, is refused."""
    with pytest.raises(BadMetadata):
        urls.checked_url(url, what="issuer")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9400", "http://[::1]:80/x", "https://acme.okta.com/oauth2/default", "https://a.b/?x=1"]
)
def test_plain_urls_are_taken(url: str) -> None:
    """https anywhere and http on a loopback literal are what a login needs."""
    assert urls.checked_url(url, what="issuer") == url


def test_origins_compare_whole_hosts() -> None:
    """U2: a token meant for one host never fits a host that merely begins or ends alike."""
    assert urls.same_origin("https://github.com/x", "https://GitHub.com:443/y")
    for other in (
        "https://github.com.evil.test/",
        "https://evilgithub.com/",
        "https://github.com:444/",
        "https://github.com@evil.test/",
        "https://github.com./",
    ):
        assert not urls.same_origin("https://github.com/", other)


def test_private_addresses_need_a_private_issuer() -> None:
    """D5: metadata of a public issuer cannot point us at an inner address."""
    for inner in ("https://169.254.169.254/latest", "https://[fd00::1]/", "https://10.0.0.1/"):
        assert not urls.reachable_from("https://issuer.test", inner)
    assert urls.reachable_from("https://10.0.0.1", "https://10.0.0.1/token")


@pytest.mark.skipif(
    not VECTORS.exists() and "CI_REQUIRE_VECTORS" not in os.environ, reason="the public vectors are not on this machine"
)
def test_no_host_disagreement_with_browsers() -> None:
    """Finding 10: over the Web Platform URL tests, whatever we accept has the host a browser finds."""
    cases = json.loads((VECTORS / "wpt-url" / "urltestdata.json").read_text())
    seen = 0
    for case in cases:
        if not isinstance(case, dict) or case.get("base"):
            continue
        seen += 1
        try:
            ours = urls.parse(case["input"])
        except urls.UrlFault:
            continue
        assert not case.get("failure"), case["input"]
        theirs = case["hostname"]
        assert ours.host == theirs.strip("[]") or (ours.address is not None and urls.parse(case["href"]).address == ours.address), (
            case["input"]
        )
    assert seen > 300
