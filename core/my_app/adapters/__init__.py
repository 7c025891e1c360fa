"""The modules that touch the world; only ``wiring.py``, ``cli/fast.py`` and tests import them."""
