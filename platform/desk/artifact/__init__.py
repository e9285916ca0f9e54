"""What was generated, and what a file turns out to be."""
