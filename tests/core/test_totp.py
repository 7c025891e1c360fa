"""One-time codes against the vectors of RFC 6238 appendix B and RFC 4226 appendix D."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from my_app.errors import SettingsFault
from my_app.secret import Secret
from my_app.signin import totp

VECTORS = {
    59: ("94287082", "46119246", "90693936"),
    1111111109: ("07081804", "68084774", "25091201"),
    1111111111: ("14050471", "67062674", "99943326"),
    1234567890: ("89005924", "91819424", "93441116"),
    2000000000: ("69279037", "90698825", "38618901"),
    20000000000: ("65353130", "77737706", "47863826"),
}


def seed(size: int) -> Secret:
    return Secret(base64.b32encode((b"1234567890" * 7)[:size]).decode())


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_every_vector_of_rfc_6238_comes_out_right() -> None:
    """Appendix B: all six moments in all three algorithms, eight digits, leading zeros kept."""
    for seconds, (sha1, sha256, sha512) in VECTORS.items():
        at = moment(seconds)
        assert totp.code(seed(20), at, digits=8).reveal() == sha1
        assert totp.code(seed(32), at, digits=8, algorithm="sha256").reveal() == sha256
        assert totp.code(seed(64), at, digits=8, algorithm="sha512").reveal() == sha512


def test_six_digits_are_the_default() -> None:
    """The counter vectors of RFC 4226 appendix D appear one time step after the other."""
    expected = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
    assert [totp.code(seed(20), moment(30 * step)).reveal() for step in range(10)] == expected


def test_the_seed_is_taken_as_people_paste_it() -> None:
    """Lower case, groups of four, dashes and missing padding mean the same seed."""
    assert totp.code(Secret("gezd gnbv-gy3t qojq gezd gnbv gy3t qojq"), moment(59)).reveal() == "287082"
    assert totp.code(Secret("MFRGG==="), moment(59)) == totp.code(Secret("mfrgg"), moment(59))


@pytest.mark.parametrize("text", ["", "===", "0189", "ünsinn", "A"])
def test_a_seed_that_is_no_base32_is_a_settings_fault(text: str) -> None:
    """A wrong seed is named in plain words and does not show itself."""
    with pytest.raises(SettingsFault) as caught:
        totp.code(Secret(text), moment(59))
    assert "base32" in caught.value.message
    assert caught.value.hint


def test_time_left_runs_from_a_whole_period_down() -> None:
    """A code is right until the step ends; at the boundary the next one has its whole time."""
    assert totp.time_left(moment(0)) == timedelta(seconds=30)
    assert totp.time_left(moment(29)) == timedelta(seconds=1)
    assert totp.time_left(moment(30)) == timedelta(seconds=30)


def test_a_code_is_a_secret() -> None:
    """Printing a code by accident shows the mask (H2)."""
    assert "287082" not in f"{totp.code(seed(20), moment(59))!r} {totp.code(seed(20), moment(59))}"
