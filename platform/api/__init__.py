"""REST only: routes, serializers, errors, event streams."""
