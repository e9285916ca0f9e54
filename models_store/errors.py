"""Errors that a person reads: a stable code, the place, what was expected and what came."""

from __future__ import annotations

from typing import Any, ClassVar


class ProductError(Exception):
    """Something expected went wrong; the message is safe to show to whoever asked.

    `code` is stable and part of the API, `http_status` is what REST answers, `retry` says whether the
    same request may succeed later. `field`, `expected` and `got` name the place and the difference.
    """

    code: ClassVar[str] = "product_error"
    http_status: ClassVar[int] = 400
    retry: ClassVar[bool] = False

    def __init__(
        self,
        detail: str = "",
        *,
        field: str | None = None,
        expected: Any = None,
        got: Any = None,
        code: str | None = None,
        **facts: Any,
    ) -> None:
        self.detail = detail or (self.__doc__ or "").strip().splitlines()[0]
        self.field, self.expected, self.got, self.facts = field, expected, got, facts
        if code is not None:
            self.code = code  # type: ignore[misc]
        super().__init__(self.detail)

    def as_dict(self) -> dict[str, Any]:
        """The error as plain JSON: code, detail and whatever of field, expected, got is known."""
        said = {
            "code": self.code,
            "detail": self.detail,
            "field": self.field,
            "expected": self.expected,
            "got": self.got,
        }
        return {key: value for key, value in said.items() if value is not None} | self.facts


class InvalidInput(ProductError):
    """What came is not what was asked for."""

    code, http_status = "invalid_input", 422


class NotFound(ProductError):
    """There is nothing of that name that you may see."""

    code, http_status = "not_found", 404


class Conflict(ProductError):
    """The request does not fit the state things are in."""

    code, http_status = "conflict", 409


class Forbidden(ProductError):
    """You may not do that."""

    code, http_status = "forbidden", 403


class IntegrityFailure(ProductError):
    """Stored bytes are not the bytes that were stored."""

    code, http_status = "integrity_failure", 500
