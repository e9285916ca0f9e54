"""What is wrong with the platform now, as every page says it: what happened, what still works, what to do."""
