"""Secret: a value that is masked in every rendering and has one way out.

No dataclass and no heavy import: the hot path of ``my-app token`` loads this module.
"""

from __future__ import annotations

import hmac
from typing import Final, NoReturn

MASK: Final = "••••••••"
"""What every secret looks like, whatever its length (H5)."""


class Secret:
    """A secret text: equality in constant time, no length, no slice, no pickle, no format (H3).

    ``reveal()`` is the one documented way out; grep for it to see every place a secret leaves.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself. The caller sends it, seals it or shows it because a person asked."""
        return self._value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode("utf-8", "surrogatepass"), other._value.encode("utf-8", "surrogatepass"))

    def __hash__(self) -> int:
        return hash(("Secret", self._value))

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is never pickled or copied by protocol")

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self
