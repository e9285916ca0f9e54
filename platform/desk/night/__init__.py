"""Windows, recurring jobs, the morning digest."""
