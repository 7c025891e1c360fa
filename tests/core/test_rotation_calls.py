"""D6: whoever signs a rotation, the rotated secret goes only to its own provider."""

from __future__ import annotations

import pytest

from my_app.errors import BindingChanged
from my_app.model import Binding, Kind, Profile, Record
from my_app.oauth.exchange import Tick
from my_app.recipes import Call
from my_app.rotation.calls import Signer, asked
from my_app.secret import Secret
from my_app.testing import NOON

VICTIM = Record(name="victim", kind=Kind.API_KEY, binding=Binding(api_origins=("https://victim.test",)), api_key=Secret("v"))
OTHER = Record(name="other", kind=Kind.API_KEY, binding=Binding(api_origins=("https://other.test",)), api_key=Secret("o"))
SIGNER = Signer(Profile(name="other"), OTHER, lambda method, url: {"authorization": "Bearer o"}, "https://other.test")
NAMES = {"old": Secret("v"), "new": Secret("n"), "mark": "m"}


def call(json: object) -> Call:
    """A create request to the other profile's API."""
    return Call(method="POST", url="https://other.test/keys", json=json)


@pytest.mark.parametrize("json", [{"stolen": "{old}"}, {"deep": {"er": "x {new}"}}])
def test_a_recipe_cannot_carry_a_secret_to_another_profiles_api(json: object) -> None:
    """A body that holds the rotated secret goes nowhere it was not stored for, although the signer may."""
    with pytest.raises(BindingChanged):
        next(asked("create", call(json), SIGNER, NAMES, owner=VICTIM))


def test_a_manager_may_ask_without_the_secret() -> None:
    """Management requests that hold no secret go to the manager's own API."""
    request = next(asked("create", call({"name": "{mark}"}), SIGNER, NAMES, owner=VICTIM))
    assert request.build(Tick(NOON, bytes(64))).url == "https://other.test/keys"
