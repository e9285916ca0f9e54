"""The web admin: pages over the services of the other apps."""
