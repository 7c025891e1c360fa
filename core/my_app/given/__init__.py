"""Credentials that are given, not stored: by the environment or ``credentials.json``."""
