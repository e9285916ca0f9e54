"""The engine: a program over an attempt folder. It knows no database, no Celery, no Django."""
