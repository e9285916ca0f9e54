"""What the platform says, typed; `raw` is the JSON as it came, with fields that this version does not know."""
