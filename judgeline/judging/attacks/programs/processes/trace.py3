import ctypes
import os
import signal

a, b = map(int, input().split())
libc = ctypes.CDLL(None, use_errno=True)
CALLS = {
    "ptrace attach": ((101, 117), (16, 1, 0, 0)),
    "ptrace seize": ((101, 117), (0x4206, 1, 0, 0)),
    "process_vm_readv": ((310, 270), (1, b"\0" * 16, 1, b"\0" * 16, 1, 0)),
    "process_vm_writev": ((311, 271), (1, b"\0" * 16, 1, b"\0" * 16, 1, 0)),
    "kcmp": ((312, 272), (1, os.getpid(), 0, 0, 0)),
    "process_madvise": ((440, 440), (0, 0, 0, 0, 0)),
}
column = ("x86_64", "aarch64").index(os.uname().machine)


def call(numbers, arguments):
    return libc.syscall(numbers[column], *[ctypes.c_long(x) if isinstance(x, int) else x for x in arguments])


for name, (numbers, arguments) in CALLS.items():
    if call(numbers, arguments) != -1:
        print("BREACH", name)
runner = os.pidfd_open(1)
for number in range(64):
    if call((438, 438), (runner, number, 0)) != -1:
        print("BREACH pidfd_getfd", number)
for number in (signal.SIGKILL, signal.SIGSTOP):
    try:
        signal.pidfd_send_signal(runner, number)
    except OSError:
        pass
print(a + b)
