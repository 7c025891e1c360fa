"""JSON Web Tokens, pure: read without trust, verify, explain, sign; no network and no clock."""
