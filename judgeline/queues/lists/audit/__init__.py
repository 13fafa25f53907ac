"""Whether a queue's keys are as they must be: each id in one place, counters right, nothing kept for ever.

``Auditor`` looks and mends; ``leaks`` is the stricter check of a queue whose jobs have all ended.
"""

from judgeline.queues.lists.audit.auditor import Audit, Auditor, Fault
from judgeline.queues.lists.audit.leaks import leaks

__all__ = ["Audit", "Auditor", "Fault", "leaks"]
