"""Working a queue with processes of one's own: puts supervisor, consumer and handler together.

``work`` is also the door for programs that use the queue without the judge (docs/library.md).
"""

import os
import re
import secrets
import select
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from redis.exceptions import RedisError

from judgeline import parent
from judgeline.errors import JudgelineError
from judgeline.queues.connect import command_client
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.handler import Handler
from judgeline.queues.open import check_queue, open_consumer, open_timetable
from judgeline.queues.options import QueueOptions
from judgeline.queues.schedules import Schedule
from judgeline.queues.troubles import Troubles
from workers import log
from workers.child import Child
from workers.control import Channel
from workers.drain import grace_s as usual_grace_s
from workers.duties import Duties
from workers.errors import Unready
from workers.kernel import cores
from workers.slot import Slot
from workers.supervisor import Supervisor, SupervisorOptions, Work
from workers.timekeeper import Timekeeper

T = TypeVar("T")

_LOOK_S = 0.2
_STARTING_S = 3.0


@dataclass(frozen=True)
class Order:
    """What is to be worked, and how."""

    options: QueueOptions
    make_handler: Callable[[], Handler]
    """Called in each child. Raises ``workers.errors.Unready`` where the handler cannot work now."""
    processes: int | None = None
    """Children to keep, in place of what the options say."""
    schedules: Sequence[Schedule] = ()
    """What is put on the queue at which times."""

    @property
    def count(self) -> int:
        """How many children that is here."""
        if self.processes is not None:
            return self.processes
        return cores() if self.options.processes == "auto" else self.options.processes


def work(  # noqa: PLR0913 - a queue, what to do with it, and how to stop
    queue: str,
    redis_url: str,
    order: Order,
    *,
    only: str | None = None,
    grace_s: float | None = None,
    reload: Callable[[], Order] | None = None,
) -> None:
    """Work a queue until drained: by SIGTERM, SIGINT, a hang-up or the end of JUDGELINE_PARENT_PID.

    Main thread only. Children are forked, one job at a time each; SIGTTIN and SIGTTOU scale. ``only`` keeps
    to one priority. In a drain running jobs may end for ``grace_s`` seconds (30, or 2.5 under a process
    manager), then they are put back. At SIGHUP ``reload`` is asked what to do from now on; where it raises a
    JudgelineError all goes on as before. Raises ServerUnfit where the server must not carry a queue.
    """
    grace = usual_grace_s() if grace_s is None else grace_s
    if order.options.engine == "rq":
        _work_rq(queue, redis_url, order, only=only, grace_s=grace, reload=reload)
        return
    client, manager = command_client(redis_url, tag=queue), parent.open_parent()
    if not _await_server(lambda: check_queue(queue, order.options, redis_url), manager):
        return

    def follow(order: Order) -> Work:
        check_queue(queue, order.options, redis_url)
        return _work(queue, redis_url, order, only)

    first = _work(queue, redis_url, order, only)
    name = _name()
    Supervisor(
        SupervisorOptions(name=name, grace_s=grace, only=only),
        first,
        Duties(first.consumer, Troubles(queue, client), name, first.keeper),
        parent=manager,
        forget=client.connection_pool.reset,
        reload=lambda: None if reload is None else _asked(reload, follow, order.options.engine),
    ).run()


def _work_rq(  # noqa: PLR0913 - as work
    queue: str,
    redis_url: str,
    order: Order,
    *,
    only: str | None,
    grace_s: float,
    reload: Callable[[], Order] | None,
) -> None:
    from judgeline.queues import rq  # noqa: PLC0415 - RQ costs memory, and few queues run on it

    def told(order: Order) -> rq.Order:
        keeper = _keeper(queue, redis_url, order) if order.schedules else None
        return rq.Order(order.options, order.make_handler, order.count, keeper.keep if keeper else None)

    rq.work(
        queue,
        redis_url,
        told(order),
        only=only,
        grace_s=grace_s,
        unready=(Unready,),
        reload=lambda: None if reload is None else _asked(reload, told, order.options.engine),
    )


def _asked(reload: Callable[[], Order], follow: Callable[[Order], T], engine: str) -> T | None:
    """What to do from now on, or None where that is as before: no failure here may cost a running job."""
    try:
        order = reload()
        if order.options.engine != engine:
            log.reload_refused("another engine needs a restart")
            return None
        work = follow(order)
    except (JudgelineError, RedisError) as error:
        log.reload_refused(str(error))
        return None
    except Exception as error:  # noqa: BLE001 - whatever a caller's ``reload`` raises
        log.reload_refused(f"{type(error).__name__}: {error}")
        return None
    log.reloaded(order.count, order.options.handler)
    return work


def _work(queue: str, redis_url: str, order: Order, only: str | None) -> Work:
    options = order.options

    def life(worker: str, channel: Channel, slot: Slot) -> None:
        Child(
            worker,
            open_consumer(queue, options, redis_url),
            order.make_handler,
            channel,
            slot,
            timeout_s=options.timeout_s,
            only=only,
        ).live()

    return Work(
        processes=order.count,
        lease_s=options.lease_s,
        warning_s=options.warning_s,
        consumer=open_consumer(queue, options, redis_url),
        life=life,
        keeper=_keeper(queue, redis_url, order),
    )


def _keeper(queue: str, redis_url: str, order: Order) -> Timekeeper:
    return Timekeeper(open_timetable(queue, order.options, redis_url), order.schedules)


def _await_server(check: Callable[[], None], manager: int | None) -> bool:
    """Wait until the server answers, and check it; False when the process manager goes first.

    A bundled server starts beside us and takes a moment: that is nothing to tell.
    """
    told, began = False, time.monotonic()
    while True:
        try:
            check()
        except (RedisError, QueueUnavailable) as error:
            if not told and time.monotonic() - began > _STARTING_S:
                log.queue_away(str(error))
                told = True
        else:
            return True
        if select.select([] if manager is None else [manager], [], [], _LOOK_S)[0]:
            return False


def _name() -> str:
    """Give a name that no supervisor ever had: process ids come again, and so do hosts."""
    host = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:40]
    return f"{host}-{os.getpid()}-{secrets.token_hex(3)}"
