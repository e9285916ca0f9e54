"""Guards: each judges items before anybody can have them."""
