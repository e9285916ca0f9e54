"""Views parse, call one service, answer; the rules are in the services."""
