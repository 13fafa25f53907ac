import shutil

from judgeline.judging.packages import Library


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


def test_operators_are_told_of_broken_packages_and_nobody_else(front, tmp_path):
    shutil.copytree(front.services.problems.folder / "aplusb", tmp_path / "problems" / "aplusb")
    (tmp_path / "problems" / "broken").mkdir()
    (tmp_path / "problems" / "broken" / "problem.yaml").write_text("name: x\n")
    front = front.with_services(problems=Library(tmp_path / "problems"))
    told = front.client.get("/v1/problems", headers=front.key("operate")).json
    assert [problem["slug"] for problem in told["problems"]] == ["aplusb"]
    (broken,) = told["broken"]
    assert broken["folder"] == "broken"
    assert broken["faults"]
    for headers in ({}, front.key("submit")):
        hidden = front.client.get("/v1/problems", headers=headers).json
        assert (hidden["broken"], hidden["problems"]) == ([], told["problems"])
