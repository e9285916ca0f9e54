"""What a terminal can show of a training: pictures and curves. No picture library: PNG is read here."""
