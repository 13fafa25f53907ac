"""A queue of one's own: `python wordcount.py work` works it, `python wordcount.py TEXT` puts a text on it."""

import json
import os
import sys
from collections import Counter

from judgeline.events import EventListener
from judgeline.queues import Claim, Context, Handler, NewJob, QueueOptions, new_id, open_engine
from workers.pool import Order, work

URL = os.environ["REDIS_URL"]
OPTIONS = QueueOptions(handler="wordcount", store=False, processes=2)


class WordCount(Handler):
    def __call__(self, claim: Claim, context: Context) -> bytes:
        return json.dumps(Counter(claim.payload.decode().split())).encode()


if sys.argv[1] == "work":
    work("texts", URL, Order(OPTIONS, WordCount))
else:
    queue, listener = open_engine("texts", OPTIONS, URL), EventListener(URL)
    [put] = queue.enqueue([NewJob(id=new_id(), priority="low", payload=sys.argv[1].encode())])
    with listener.watch(queue.channel(put.id)) as watch:
        while (job := queue.look(put.id)) and not job.state.terminal:
            watch.wait(1)
    print(job.result.decode() if job and job.result else job)
