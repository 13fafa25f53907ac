"""How a child ended, and the evidence that goes with what it held."""

import os
import resource
import time

import msgspec

from judgeline.queues.engine import Ending
from workers.signals import describe
from workers.slot import Snapshot


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """How the attempt ends for which a supervisor kills a child."""

    job: str
    attempt: int
    ending: Ending


class Death(msgspec.Struct, frozen=True, kw_only=True):
    """One child's end, seen by waitpid."""

    worker: str
    pid: int
    exit_code: int | None
    """None where a signal ended it."""
    signal: str
    """"SIGKILL" ..., or ""."""
    user_s: float
    system_s: float
    max_rss_kb: int
    lived_s: float
    last: Snapshot
    """What its slot said."""
    output: str
    """The last it wrote on standard error while it had this job, at most 4 KiB."""
    killed: bool
    """Its supervisor killed it on purpose."""
    sentence: Sentence | None
    """For which attempt, if for one. It may have been quicker than the signal, and hold another."""

    @property
    def expected(self) -> bool:
        """Whether it left of its own accord or was killed on purpose: what it held is not to blame."""
        return self.killed or self.exit_code == 0

    @property
    def how(self) -> str:
        """In words."""
        return f"killed by {self.signal}" if self.signal else f"exit status {self.exit_code}"

    def evidence(self) -> bytes:
        """Give what a dead letter keeps of it, as JSON."""
        ran_s = time.monotonic() - self.last.started if self.last.job else 0.0
        return msgspec.json.encode(
            {
                "how": self.how,
                "signal": self.signal or None,
                "exit_code": self.exit_code,
                "worker": self.worker,
                "job": self.last.job,
                "attempt": self.last.attempt,
                "stage": self.last.stage,
                "test": self.last.test,
                "ran_s": round(ran_s, 3),
                "rusage": {
                    "user_s": round(self.user_s, 3),
                    "system_s": round(self.system_s, 3),
                    "max_rss_kb": self.max_rss_kb,
                },
                "output": self.output,
            }
        )


def read_status(status: int, usage: resource.struct_rusage) -> dict[str, object]:
    """Give a Death's fields that ``os.wait4`` tells."""
    code = os.waitstatus_to_exitcode(status)
    return {
        "exit_code": code if code >= 0 else None,
        "signal": describe(-code) if code < 0 else "",
        "user_s": usage.ru_utime,
        "system_s": usage.ru_stime,
        "max_rss_kb": usage.ru_maxrss,
    }
