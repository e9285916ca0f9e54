"""What services say in English, in the reader's language."""
