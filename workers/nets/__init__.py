"""Networks that families are built from."""
