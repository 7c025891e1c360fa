"""The pieces screens are made of: one module per widget."""
