"""Tokens and keys on their way to an API."""
