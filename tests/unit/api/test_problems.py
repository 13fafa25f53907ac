def test_problems_are_listed_and_shown(front):
    listed = front.client.get("/v1/problems").json["problems"]
    assert "aplusb" in [problem["slug"] for problem in listed]
    one = next(problem for problem in listed if problem["slug"] == "aplusb")
    shown = front.client.get(one["link"]).json
    assert shown["name"] == one["name"] == "A plus B"
    assert shown["limits"] == one["limits"]
    assert shown["limits"]["time_ms"] > 0
    assert shown["samples"][0] == {"name": "sample/1", "input": "2 3\n", "output": "5\n"}
    assert shown["tests"] > len(shown["samples"])
    assert shown["statement"]["language"] == "en"
    assert "Two numbers" in shown["statement"]["text"]


def test_no_secret_test_is_shown(front):
    assert all(
        sample["name"].startswith("sample/")
        for sample in front.client.get("/v1/problems/aplusb").json["samples"]
    )


def test_a_statement_falls_back_to_english(front):
    shown = front.client.get("/v1/problems/aplusb?language=eo").json
    assert shown["statement"]["language"] == "en"


def test_an_unknown_problem_is_not_found(front):
    for slug in ("none", "..", "%2e%2e", "A PLUS B"):
        assert front.client.get(f"/v1/problems/{slug}").status_code == 404


def test_languages_are_listed_with_their_versions(front):
    listed = {one["id"]: one for one in front.client.get("/v1/languages").json["languages"]}
    assert listed["python3"]["extensions"][0] == ".py"
    for one in listed.values():
        assert one["available"] == bool(one["version"]) == (not one["missing"])
