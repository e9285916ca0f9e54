"""What waits for a person's decision, and what rules and holds say."""
