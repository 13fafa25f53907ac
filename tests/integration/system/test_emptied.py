"""Redis loses all it has while submissions wait: each still ends, once."""

from concurrent.futures import ThreadPoolExecutor


def test_two_hundred_wait_while_redis_is_emptied(paused):
    """The pause goes with the rest, so that work begins by itself."""
    house = paused
    house.watch_rows()
    keys = [house.key("ada"), house.key("grace"), house.key("alan", "premium")]
    with ThreadPoolExecutor(8) as many:
        paths = list(
            many.map(
                lambda n: house.run("print(2 * int(input()))", stdin=f"{n}", key=keys[n % 3]), range(200)
            )
        )
        assert house.get(paths[199], keys[199 % 3])["status"] == "queued"
        with house.redis() as client:
            client.flushall()
        ended = list(many.map(lambda n: house.ended(paths[n], keys[n % 3]), range(200)))
    assert [one["status"] for one in ended] == ["done"] * 200
    assert [one["stdout"] for one in ended] == [f"{2 * n}\n" for n in range(200)]
    assert {one["attempt"] for one in ended} == {1}
    ids = sorted(one["id"] for one in ended)
    house.until(lambda: sorted(set(house.changes()) & set(ids)) == ids, "the recording")
    assert sorted(changed for changed in house.changes() if changed in set(ids)) == ids
    assert house.unready() == {}
