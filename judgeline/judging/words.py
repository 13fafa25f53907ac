"""How an ended run is told to people."""

import signal

from judgeline.judging.sandbox.box import Outcome

_SIGNALS = {
    signal.SIGSEGV: "it touched memory that it does not own, or its stack ran over",
    signal.SIGABRT: "it gave up: abort(), a failed assertion or an uncaught exception",
    signal.SIGFPE: "it divided by zero or its arithmetic failed",
    signal.SIGBUS: "it touched memory that is not there",
    signal.SIGILL: "it ran an instruction that this machine does not know",
    signal.SIGSYS: "it made a system call that is forbidden here",
    signal.SIGPIPE: "it wrote where nobody reads",
    signal.SIGKILL: "something killed it",
}


def ending(outcome: Outcome) -> str:
    """How a run that failed ended, e.g. "exited with code 3" or "was killed by SIGSEGV: it touched ..."."""
    if outcome.signal is None:
        return f"exited with code {outcome.exit_code}"
    try:
        known = signal.Signals(outcome.signal)
    except ValueError:
        return f"was killed by signal {outcome.signal}"
    meaning = _SIGNALS.get(known)
    return f"was killed by {known.name}" + (f": {meaning}" if meaning else "")


def amount(value: float) -> str:
    """A figure for people: at most three decimals, no trailing noughts."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def one_line(text: bytes, most: int) -> str:
    """The last line of a text that says anything, printable, at most ``most`` characters."""
    for line in reversed(text[-64 * 1024 :].decode(errors="replace").splitlines()):
        shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in line).strip()
        if shown:
            return shown if len(shown) <= most else f"{shown[: most - 3]}..."
    return ""
