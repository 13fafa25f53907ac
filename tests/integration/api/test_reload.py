"""SIGHUP to the front: queues.toml is read anew, by the arbiter and by its workers."""

import signal
import time

from judgeline.queues.engine import Ending, Finish


def rewritten(front, old, new):
    config = front.folder / "queues.toml"
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new, 1))


def log_of(front):
    return (front.folder / "api.log").read_text()


def test_new_settings_are_followed_without_a_gap(front, wait_until):
    assert front.call("POST", "/v1/runs", {"language": "python3", "source": "1", "stdin": ""}).status == 202
    rewritten(front, "[api]\n", "[api]\nanonymous = false\n")
    front.process.send_signal(signal.SIGHUP)

    def refused():
        return (
            front.call("POST", "/v1/runs", {"language": "python3", "source": "1", "stdin": ""}).status == 401
        )

    wait_until(refused, "the new settings")


def test_a_file_with_a_fault_changes_nothing(front, wait_until):
    rewritten(front, "[api]\n", "[api]\nanonymouse = false\n")
    front.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "queues.toml not reloaded" in log_of(front), "the refusal")
    assert "anonymouse" in log_of(front)
    job = front.submit()
    consumer = front.consumer()
    claim = consumer.claim("w", 1)
    assert claim.id == job
    consumer.finish(claim, Ending(kind=Finish.DONE, result=b"{}"))


def test_many_at_once_are_few_and_keep_no_stop_waiting(front, wait_until):
    for _ in range(300):
        front.process.send_signal(signal.SIGHUP)
        time.sleep(0.001)  # two that wait at once are one for the kernel, too
    wait_until(lambda: "Handling signal: hup" in log_of(front), "the first of them")
    front.process.terminate()
    front.process.wait(60)
    assert log_of(front).count("Handling signal: hup") <= 10
