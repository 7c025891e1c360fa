"""The protocol, pure: one module per specification, no clock, no socket, no randomness of its own."""
