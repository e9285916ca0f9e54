"""Artifacts, where their bytes lie, and what was found about files that came back."""
