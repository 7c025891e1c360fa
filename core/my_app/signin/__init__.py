"""One sign-in under way, by every flow; ``login.py`` is the door."""
