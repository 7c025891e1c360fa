"""Replace a key or secret without ever being without a working one: a journal of steps.

``rotations.py`` has the use case; ``overlap.py``, ``replacing.py`` and ``registered.py`` the three orders of things;
``turn.py`` one rotation under the lock; ``calls.py`` the requests of a recipe; ``journal.py`` what a crash finds.
"""

from __future__ import annotations

from my_app.rotation.rotations import Rotations
from my_app.rotation.steps import Progress, ProgressWatch, Rotated, RotationPlan, RotationStep, StepState

__all__ = ["Progress", "ProgressWatch", "Rotated", "RotationPlan", "RotationStep", "Rotations", "StepState"]
