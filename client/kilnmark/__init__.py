"""The kilnmark command line; it imports nothing of the platform."""
