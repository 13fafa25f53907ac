"""What each engine promises, by name. docs/engines.md has a row for each; a test says which it needs."""

NAMES = """
    any_id by_hand cancel checkpoints claim_repeats clock_set_back closing crashes dead_letters delays
    exact_bounds fencing idempotent_enqueue one_line outlives_its_process pause position_by_turns
    pushed_again reaping recording release retries running_bound times user_turns waiting_apart weights
"""
PROMISED = frozenset(NAMES.split())
"""All there is to promise. Engine "lists" with one shard promises all of it."""

LACKING: dict[str, set[str]] = {
    "lists-fake": set(),
    "lists-valkey": set(),
    "lists-valkey-twice": set(),
    "lists-sharded": {"exact_bounds", "one_line", "running_bound"},
    "rq": {
        *("any_id", "by_hand", "claim_repeats", "clock_set_back", "position_by_turns", "running_bound"),
        *("user_turns", "waiting_apart", "weights"),
    },
    "memory": {"by_hand", "outlives_its_process", "pushed_again"},
}
"""Engine -> what it does not promise. A test that needs one of these must fail there."""

GUARANTEES = {engine: PROMISED - lacking for engine, lacking in LACKING.items()}
