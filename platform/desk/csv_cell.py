"""Cells of CSV files that people open in a spreadsheet."""

from __future__ import annotations

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would compute


def plain_cell(text: str) -> str:
    """The text so that no spreadsheet computes it."""
    return f"'{text}" if text.startswith(FORMULA) else text
