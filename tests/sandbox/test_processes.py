"""Programs that misuse processes. The ``box`` fixture checks after each that nothing is left of them."""

from judgeline.judging.sandbox.box import Limits

SHORT = Limits(cpu_ms=300, wall_ms=800, processes=32)


def test_processes_are_bounded(box):
    outcome = box.python(
        "import os\n"
        "made = 0\n"
        "try:\n"
        "    while made < 1000:\n"
        "        if os.fork() == 0:\n"
        "            os.read(os.pipe()[0], 1)\n"
        "        made += 1\n"
        "except BlockingIOError:\n"
        "    print(made)\n",
        limits=Limits(processes=20),
    )
    assert outcome.stdout == b"19\n"
