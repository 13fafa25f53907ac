"""How a work horse ended, as evidence."""

import os
import signal
from resource import struct_rusage


def read_end(status: int, usage: struct_rusage) -> dict[str, object]:
    """Give what a dead letter keeps of a process's death, from what ``os.wait4`` told."""
    code = os.waitstatus_to_exitcode(status)
    name = signal.Signals(-code).name if code < 0 and -code in set(signal.Signals) else f"signal {-code}"
    return {
        "how": f"killed by {name}" if code < 0 else f"exit status {code}",
        "signal": name if code < 0 else None,
        "exit_code": None if code < 0 else code,
        "rusage": {
            "user_s": round(usage.ru_utime, 3),
            "system_s": round(usage.ru_stime, 3),
            "max_rss_kb": usage.ru_maxrss,
        },
    }
