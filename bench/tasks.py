"""What RQ's workers import: a job that does nothing."""


def noop() -> dict[str, bool]:
    """Do nothing, and give what our own no-op handler gives."""
    return {"done": True}
