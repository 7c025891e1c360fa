"""Who can sign in at the demo."""

from __future__ import annotations

import hmac
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from my_app.demo.chance import Chance
from my_app.demo.totp import accepts


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One made-up person; nothing here is secret, the sign-in page shows it all."""

    sub: str
    username: str
    name: str
    email: str
    password: str
    totp_seed: str | None = None
    """Base32; None: signs in with the password alone."""

    def get_user_id(self) -> str:
        """The subject identifier, as Authlib asks for it."""
        return self.sub

    def knows(self, password: str) -> bool:
        """Whether the password is right; any Unicode composition of it."""
        return hmac.compare_digest(_nfc(password).encode(), self.password.encode())

    def shows(self, code: str, at: datetime) -> bool:
        """Whether the one-time code is right at ``at``; a person without a second factor has none."""
        return self.totp_seed is not None and accepts(self.totp_seed, code, at)

    def claims(self, scopes: frozenset[str]) -> dict[str, object]:
        """What an ID token or userinfo says for these scopes (OIDC Core 5.4)."""
        out: dict[str, object] = {"sub": self.sub}
        if "profile" in scopes:
            out |= {"name": self.name, "preferred_username": self.username}
        if "email" in scopes:
            out |= {"email": self.email, "email_verified": True}
        return out


class People:
    """Everyone, by user name and by subject."""

    def __init__(self, chance: Chance) -> None:
        def syllables(count: int) -> str:
            return "".join(chance.pick("bdfgklmnprstvz", 1) + chance.pick("aeiou", 1) for _ in range(count))

        def password() -> str:
            return f"{syllables(2)}-{syllables(2)}-{chance.pick('23456789', 2)}"

        self.everyone = (
            Person(
                sub="u-1001",
                username="ana",
                name="Ana Lindqvist",
                email="ana@demo.example",
                password=password(),
                totp_seed=chance.totp_seed(),
            ),
            Person(sub="u-1002", username="ben", name="Ben Okafor", email="ben@demo.example", password=password()),
            Person(sub="u-1003", username="zoë", name="Zoë Grünwald", email="zoe@demo.example", password=password()),
        )

    def named(self, username: str) -> Person | None:
        """By user name, whatever its case or Unicode composition."""
        wanted = _nfc(username.strip()).casefold()
        return next((person for person in self.everyone if person.username == wanted), None)

    def subject(self, sub: str) -> Person | None:
        """By subject identifier."""
        return next((person for person in self.everyone if person.sub == sub), None)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
