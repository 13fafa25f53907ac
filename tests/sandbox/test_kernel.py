"""Programs that knock at the kernel."""


def test_a_program_has_no_capability_and_cannot_get_one(box):
    outcome = box.python(
        "for line in open('/proc/self/status'):\n"
        "    key, value = line.split(':', 1)\n"
        "    if key in 'Uid Gid Groups CapInh CapPrm CapEff CapAmb NoNewPrivs Seccomp'.split():\n"
        "        print(key, *value.split())\n"
    )
    lines = dict(
        line.split(" ", 1) if " " in line else (line, "") for line in outcome.stdout.decode().splitlines()
    )
    assert set(lines.pop("Groups").split()) <= {"1000", "65534"}
    none = "0" * 16
    assert lines == {
        "Uid": "1000 1000 1000 1000",
        "Gid": "1000 1000 1000 1000",
        "CapInh": none,
        "CapPrm": none,
        "CapEff": none,
        "CapAmb": none,
        "NoNewPrivs": "1",
        "Seccomp": "2",
    }


def test_a_crash_starts_no_core_handler_of_the_host(box):
    """A core limit of 0 does not keep the kernel from piping a core to one; 1 does."""
    outcome = box.python(
        "import resource\n"
        "def attempt(*limits):\n"
        "    try: resource.setrlimit(resource.RLIMIT_CORE, limits)\n"
        "    except ValueError: return 'refused'\n"
        "print(attempt(0, 0), attempt(0, 1), attempt(2, 2), resource.getrlimit(resource.RLIMIT_CORE))\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE))\n"
    )
    assert outcome.stdout == b"refused refused refused (1, 1)\n(20, 20)\n", outcome.stderr


def test_the_usual_threads_and_processes_still_work(box):
    outcome = box.python(
        "import multiprocessing, subprocess, threading, mmap\n"
        "def square(x): return x * x\n"
        "if __name__ == '__main__':\n"
        "    seen = []\n"
        "    threads = [threading.Thread(target=seen.append, args=(i,)) for i in range(8)]\n"
        "    [t.start() for t in threads]; [t.join() for t in threads]\n"
        "    with multiprocessing.get_context('fork').Pool(2) as pool: squares = pool.map(square, range(5))\n"
        "    said = subprocess.run(['/bin/echo', 'hi'], capture_output=True).stdout\n"
        "    print(sorted(seen), squares, said)\n",
    )
    assert outcome.stdout == b"[0, 1, 2, 3, 4, 5, 6, 7] [0, 1, 4, 9, 16] b'hi\\n'\n", outcome.stderr
