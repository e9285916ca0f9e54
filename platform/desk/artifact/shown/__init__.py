"""Viewers, one file for each kind of thing: found by desk/artifact/viewer.py, listed nowhere."""
