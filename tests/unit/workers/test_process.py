"""A forked child as its supervisor sees it: its last words are kept, however it said them."""

import os
import select
import time

import pytest

from workers.process import spawn

PATIENCE_S = 30.0


@pytest.fixture
def speaker():
    """A child that writes a byte on its standard error for each it is given, and leaves at their end."""
    readable, writable = os.pipe()

    def life(_worker, _channel, slot):
        os.close(writable)
        slot.begin("job", 1, 60.0)
        while data := os.read(readable, 1):
            os.write(2, data)

    child = spawn("w", life, lambda: None)
    os.close(readable)
    yield child, writable
    deadline = time.monotonic() + PATIENCE_S
    while child.reap() is None and time.monotonic() < deadline:
        child.kill()
        time.sleep(0.01)


def last_words(child, writable, words):
    """Have it say the words, each byte heard by itself; gives what is kept of them."""
    for byte in words:
        os.write(writable, bytes([byte]))
        assert select.select([child.errors], [], [], PATIENCE_S)[0]
        child.listen()
    os.close(writable)
    deadline = time.monotonic() + PATIENCE_S
    while (death := child.reap()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    child.reap = lambda: death
    return death.output


def test_words_that_come_byte_by_byte_are_all_kept(speaker):
    words = b"about to fall\n" + b"." * 500
    assert last_words(*speaker, words) == words.decode()


def test_no_more_than_four_kib_of_them_are_kept(speaker):
    words = bytes(65 + number % 26 for number in range(5_000))
    assert last_words(*speaker, words) == words[-4_096:].decode()
