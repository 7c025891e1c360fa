"""Doors for other libraries: httpx, requests, ASGI, keyring. Each module imports only the library it is for."""
