"""People, projects, roles and tokens."""
