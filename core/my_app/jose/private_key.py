"""A private key as people keep it, PEM or JWK, as a signing key (RFC 7468, RFC 7517)."""

from __future__ import annotations

from typing import Final

from my_app.errors import BadMetadata, SettingsFault
from my_app.jose.algorithms import ALGORITHMS, CURVES, engine
from my_app.jose.keys import Key, KeySet, KeyUnfit

_HINT: Final = "Give a private key as PEM (PKCS #8) or JWK; make one with: my-app jwt keygen"
_CURVES: Final = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


def signing_key(data: bytes) -> Key:
    """The private key in ``data``. Raises SettingsFault in one sentence that shows nothing of it."""
    try:
        key = _from_pem(data) if data.lstrip()[:5] == b"-----" else KeySet.parse(data, local=True).signing_key()
    except BadMetadata:
        raise SettingsFault("The client key file is neither PEM nor a JWK.", hint=_HINT) from None
    except KeyUnfit as fault:
        raise SettingsFault(f"The client key cannot be used: {fault}.", hint=_HINT) from None
    if key.symmetric:
        raise SettingsFault("The client key file holds a shared secret, not a private key.", hint=_HINT)
    return key


def _from_pem(data: bytes) -> Key:
    """Raises KeyUnfit."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        found = load_pem_private_key(data, password=None)
    except TypeError:
        raise KeyUnfit("it is encrypted, and nobody can be asked for its passphrase at every sign-in") from None
    except (ValueError, UnsupportedAlgorithm):
        raise KeyUnfit("it is not a PEM private key") from None
    if isinstance(found, rsa.RSAPrivateKey):
        algorithm = ALGORITHMS["RS256"]
    elif isinstance(found, ec.EllipticCurvePrivateKey) and found.curve.name in _CURVES:
        algorithm = CURVES[_CURVES[found.curve.name]]
    elif isinstance(found, ed25519.Ed25519PrivateKey):
        algorithm = ALGORITHMS["EdDSA"]
    else:
        raise KeyUnfit("its kind is not one in use (RSA, P-256, P-384, P-521, Ed25519)")
    members = engine(algorithm.name).to_jwk(found, as_dict=True)
    return Key.read({name: value for name, value in members.items() if name != "key_ops"})
