"""The home page: a card, a file."""
