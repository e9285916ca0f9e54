"""Celery tasks: the only files that know both sides. Claim, call the engine with plain values, record."""
