"""RFC 9162, section 2.1, written down once more with nothing but hashlib: slow, recursive, and as it stands there."""

from __future__ import annotations

from hashlib import sha256


def mth(d: list[bytes]) -> bytes:
    """MTH(D_n), section 2.1.1."""
    n = len(d)
    if n == 0:
        return sha256().digest()
    if n == 1:
        return sha256(b"\x00" + d[0]).digest()
    k = below(n)
    return sha256(b"\x01" + mth(d[:k]) + mth(d[k:])).digest()


def path(m: int, d: list[bytes]) -> list[bytes]:
    """PATH(m, D_n), section 2.1.3.1."""
    n = len(d)
    if n == 1:
        return []
    k = below(n)
    if m < k:
        return [*path(m, d[:k]), mth(d[k:])]
    return [*path(m - k, d[k:]), mth(d[:k])]


def proof(m: int, d: list[bytes]) -> list[bytes]:
    """PROOF(m, D_n), section 2.1.4.1."""
    return subproof(m, d, True)


def subproof(m: int, d: list[bytes], b: bool) -> list[bytes]:
    """SUBPROOF(m, D_n, b), section 2.1.4.1."""
    n = len(d)
    if m == n:
        return [] if b else [mth(d)]
    k = below(n)
    if m <= k:
        return [*subproof(m, d[:k], b), mth(d[k:])]
    return [*subproof(m - k, d[k:], False), mth(d[:k])]


def below(n: int) -> int:
    """The largest power of two k with k < n."""
    k = 1
    while k + k < n:
        k += k
    return k
