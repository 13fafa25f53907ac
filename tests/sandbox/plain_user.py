"""A sandbox under another uid: started as root, it imports all, becomes that user, and serves boxes.

Its stdin and stdout carry pickles, each behind its length.
"""

import os
import pickle
import struct
import sys
import traceback  # noqa: F401 - needed by a failing run, when its file may not be readable any more
from pathlib import Path

from judgeline.judging.errors import BoxError
from judgeline.judging.sandbox import local
from judgeline.judging.sandbox.cgroup import Cgroups


def send(stream, value):
    data = pickle.dumps(value)
    stream.write(struct.pack("=I", len(data)) + data)
    stream.flush()


def receive(stream):
    head = stream.read(4)
    return pickle.loads(stream.read(struct.unpack("=I", head)[0])) if len(head) == 4 else None


def serve(sandbox):
    boxes = {}
    while (request := receive(sys.stdin.buffer)) is not None:
        verb, box, arguments = request
        try:
            if verb == "open":
                boxes[box] = sandbox.open(**arguments)
                answer = None
            else:
                answer = getattr(boxes[box], verb)(**arguments)
        except BoxError as error:
            answer = BoxError(error.reason)
        send(sys.stdout.buffer, answer)


if __name__ == "__main__":
    uid = int(sys.argv[1])
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    serve(local.LocalSandbox(Path(sys.argv[2]), cgroups=Cgroups(0)))
