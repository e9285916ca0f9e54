"""Webhooks: what happens in a project, told to addresses outside, signed, and again until somebody has heard it."""
