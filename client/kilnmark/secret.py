"""A token that shows itself to nobody but the request."""

from __future__ import annotations

from kilnmark.errors import Misused


class Secret:
    """Printed, logged, compared by a debugger: three stars."""

    __slots__ = ("_said",)

    def __init__(self, said: str) -> None:
        if not said or not said.isascii() or not said.isprintable() or " " in said:
            raise Misused("The token is not one: expected letters, digits and signs without spaces, as it was shown.")
        self._said = said

    def reveal(self) -> str:
        """For the header alone."""
        return self._said

    def hidden(self, text: str) -> str:
        """A text without it."""
        return text.replace(self._said, "***")

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> str:
        raise TypeError("A token is not pickled.")
