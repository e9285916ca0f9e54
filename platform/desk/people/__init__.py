"""People, projects, roles, limits."""
