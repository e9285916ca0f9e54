"""Models, their cards, names that point at them."""
