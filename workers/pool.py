"""A pool of children for a queue of engine "lists": puts supervisor, consumer and handler together."""

import os
import re
import secrets
import select
import socket

from redis import Redis
from redis.exceptions import RedisError

from judgeline import parent
from judgeline.queues.connect import check_server, command_client
from judgeline.queues.open import open_consumer
from judgeline.queues.troubles import Troubles
from workers import log
from workers.child import Child
from workers.control import Channel
from workers.drain import grace_s
from workers.duties import Duties
from workers.handlers import Factory, Workplace
from workers.slot import Slot
from workers.supervisor import Supervisor, SupervisorOptions

_LOOK_S = 0.2


def run(place: Workplace, queue: str, factory: Factory, *, processes: int, only: str | None) -> None:
    """Work a queue until drained. Raises ServerUnfit where the server must not carry a queue."""
    options, url = place.options, place.settings.redis_url
    client, manager = command_client(url), parent.open_parent()
    if not _await_server(client, manager):
        return

    def life(worker: str, channel: Channel, slot: Slot) -> None:
        Child(
            worker,
            open_consumer(queue, options, url),
            lambda: factory(place),
            channel,
            slot,
            timeout_s=options.timeout_s,
            only=only,
        ).live()

    name = _name()
    supervisor = Supervisor(
        SupervisorOptions(
            name=name,
            processes=processes,
            lease_s=options.lease_s,
            grace_s=grace_s(),
            only=only,
        ),
        Duties(open_consumer(queue, options, url), Troubles(queue, client), name),
        life,
        parent=manager,
        forget=client.connection_pool.reset,
    )
    supervisor.run()


def _await_server(client: "Redis", manager: int | None) -> bool:
    """Wait until the server answers, and check it; False when the process manager goes first."""
    away = False
    while True:
        try:
            check_server(client)
        except RedisError as error:
            if not away:
                log.queue_away(str(error))
            away = True
        else:
            client.connection_pool.disconnect()  # nothing open is to be shared by the children
            return True
        if select.select([] if manager is None else [manager], [], [], _LOOK_S)[0]:
            return False


def _name() -> str:
    """Give a name that no supervisor ever had: process ids come again, and so do hosts."""
    host = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:40]
    return f"{host}-{os.getpid()}-{secrets.token_hex(3)}"
