"""The root of every error that Judgeline raises on purpose.

Each package keeps its own tree below it::

    JudgelineError
    ├── config.errors.ConfigError        a file or an environment variable is wrong
    ├── queues.errors.QueueError         the queue refused or cannot be reached
    ├── queues.handler.Retry             a handler's word: this attempt failed, try again
    ├── queues.handler.GiveUp            a handler's word: no attempt will succeed
    ├── queues.handler.Cancelled         a handler's word: it stopped, as it was asked
    ├── queues.handler.TimeUp            a handler's word: it stopped, for its time was nearly up
    ├── judging.errors.JudgingError      a package, language or sandbox cannot be used
    ├── store.errors.StoreError          the store refused or cannot be reached
    ├── mail.errors.MailError            a message cannot be built or sent
    ├── embedded.errors.EmbeddedError    the bundled server cannot run
    ├── chaos.errors.ChaosError          the trouble asked for cannot be made here
    ├── rejudging.RejudgeError           there is nothing to judge anew, or too much
    ├── payloads.PayloadError            what travelled on a queue is no payload
    ├── client.ClientError               the HTTP API refused or cannot be reached
    ├── up.UpError                       the system cannot start here
    ├── api.errors.ApiError              the front's answers that are not 2xx
    └── workers.errors.WorkerError       a worker cannot do what it was told
"""


class JudgelineError(Exception):
    """Something Judgeline can explain. ``str(error)`` is one line that says what to do."""
