import msgspec
import pytest

from judgeline.judging.errors import SandboxError
from judgeline.judging.sandbox.box import Command, Limits
from judgeline.judging.sandbox.request import UID_RANGES, run_request, uid_range


@pytest.mark.parametrize(
    ("uid_map", "expected"),
    [
        ("         0          0 4294967295\n", UID_RANGES[0]),
        ("0 100000 65536\n", UID_RANGES[1]),
        ("0 1000 1\n1 100000 65536\n", UID_RANGES[1]),
        ("0 0 1\n60000 0 2000\n", UID_RANGES[1]),
        ("0 1000 1\n", None),
        ("0 1000 1\n1 100000 1000\n", None),
    ],
)
def test_root_becomes_a_uid_that_nobody_has(uid_map, expected):
    assert uid_range(uid_map) == expected


def test_the_real_root_with_no_uid_to_become_gets_no_box():
    with pytest.raises(SandboxError, match="without a uid"):
        uid_range("0 0 1\n")


def test_limits_in_the_kernel_s_units():
    limits = Limits(memory_bytes=100 << 20, output_bytes=5, stderr_bytes=7, tmp_bytes=3)
    command = Command(argv=("/bin/true",), env={"A": "b", "HOME": "/prog"}, limits=limits)
    counted = run_request(command, counted=True)
    assert counted.variables == ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/prog", "LANG=C.UTF-8", "A=b"]
    assert counted.file_bytes == 8, "one byte more than the limit can be written, and is seen"
    assert counted.stack_bytes > limits.memory_bytes
    assert (counted.address_bytes, counted.data_bytes, counted.watched_bytes) == (0, 0, 0)
    watched = run_request(command, counted=False)
    assert watched.watched_bytes == limits.memory_bytes
    assert watched.address_bytes > watched.stack_bytes > limits.memory_bytes
    free = msgspec.structs.replace(command, limits=msgspec.structs.replace(limits, address_space=False))
    unbound = run_request(free, counted=False)
    assert unbound.address_bytes == 0
    assert unbound.data_bytes > 10 * unbound.stack_bytes, "room for the stacks of some threads"
