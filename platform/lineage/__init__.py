"""Artifacts, their proofs, and what was found about files that came back."""
