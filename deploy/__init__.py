"""From a bare clone to a running platform: set-up, the supervisor, the demo."""
