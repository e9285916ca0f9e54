"""The one style of dates of the pages (see desk/templatetags/moments.py)."""
