SUBMISSION = {"problem": "aplusb", "language": "python3", "source": "print(1)"}


def post(front, address="1.1.1.1", headers=None):
    return front.client.post(
        "/v1/submissions", json=SUBMISSION, headers=headers, environ_base={"REMOTE_ADDR": address}
    )


def test_an_address_may_submit_so_often_a_minute(front):
    front = front.with_api(anonymous_per_minute=3)
    assert [post(front).status_code for _ in range(4)] == [202, 202, 202, 429]
    answer = post(front)
    assert answer.json["type"] == "/v1/errors/too-many-requests"
    assert 1 <= int(answer.headers["Retry-After"]) <= 20
    assert post(front, "2.2.2.2").status_code == 202


def test_a_key_has_a_rate_of_its_own(front):
    front = front.with_api(anonymous_per_minute=1, per_minute=2)
    alice, bob = front.key("submit"), front.key("submit", owner="bob")
    assert [post(front, headers=alice).status_code for _ in range(3)] == [202, 202, 429]
    assert post(front, headers=bob).status_code == 202
    assert [post(front).status_code for _ in range(2)] == [202, 429]


def test_runs_count_too_and_looking_does_not(front):
    front = front.with_api(anonymous_per_minute=2)
    run = {"language": "python3", "source": "1"}
    job_id = front.submit()
    assert front.client.post("/v1/runs", json=run).status_code == 202
    assert front.client.post("/v1/runs", json=run).status_code == 429
    assert front.client.get(f"/v1/submissions/{job_id}").status_code == 200


def test_what_is_refused_does_not_count(front):
    front = front.with_api(anonymous_per_minute=1)
    for _ in range(3):
        assert front.client.post("/v1/submissions", json={}).status_code == 400
    assert post(front).status_code == 202


def test_a_bucket_drains_and_is_forgotten(front):
    front = front.with_api(anonymous_per_minute=6)
    assert [post(front).status_code for _ in range(2)] == [202, 202]
    (name,) = front.redis.keys("jl:{rate}:*")
    assert 10_000 < front.redis.pttl(name) <= 20_000


def test_without_redis_nothing_is_accepted(front):
    front = front.with_api()
    front.redis.connection_pool.connection_kwargs["server"].connected = False
    try:
        answer = post(front)
    finally:
        front.redis.connection_pool.connection_kwargs["server"].connected = True
    assert (answer.status_code, answer.json["type"]) == (503, "/v1/errors/queue-away")


def test_where_redis_is_away_nobody_waits_for_it_twice(front):
    class Judges:
        def trouble(self):
            raise AssertionError("asked as well")

    front = front.with_services(judges=Judges())
    server = front.redis.connection_pool.connection_kwargs["server"]
    server.connected = False
    try:
        assert post(front).status_code == 503
    finally:
        server.connected = True
