"""Settings, routes and entry points of the web side."""
