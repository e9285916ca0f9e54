"""The append-only Merkle log of what happened, its signed heads, and people's reviews."""
