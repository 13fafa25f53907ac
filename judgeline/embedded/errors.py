"""What the bundled server can refuse.

::

    EmbeddedError    no server program, a busy data folder, or a server that does not come up
"""

from judgeline.errors import JudgelineError


class EmbeddedError(JudgelineError):
    """The bundled server cannot run here; the message says what to do."""
