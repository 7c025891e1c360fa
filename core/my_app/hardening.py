"""What a process that holds secrets forbids itself (H4)."""

from __future__ import annotations


def forbid_core_dumps() -> None:
    """No core file of this process, which holds secrets; nothing where the platform has no such limit (H4)."""
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
