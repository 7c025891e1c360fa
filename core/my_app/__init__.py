"""Every login a developer owns, kept valid: the headless core."""

__version__ = "0.1.0"
