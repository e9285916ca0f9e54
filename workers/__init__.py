"""The compute side: plug-ins, the engine that runs them, and the Celery tasks that call the engine."""
