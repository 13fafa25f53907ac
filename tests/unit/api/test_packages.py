"""POST /v1/problems: operators send packages; whatever is wrong, the version in use stays."""

import errno
import io
import shutil
import zipfile
from pathlib import Path

import msgspec
import pytest

from judgeline.judging.packages import Library, importing
from judgeline.judging.packages import folder as folder_module

PROBLEMS = Path(__file__).parents[3] / "problems"


def zipped(slug="aplusb", top="aplusb/", **changes):
    """Give a sample problem as a zip: with its folder, changes as path -> text or None."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((PROBLEMS / slug).rglob("*")):
            name = str(path.relative_to(PROBLEMS / slug))
            if path.is_file() and "__pycache__" not in name and name not in changes:
                archive.write(path, top + name)
        for name, text in changes.items():
            if text is not None:
                archive.writestr(top + name, text)
    return file.getvalue()


@pytest.fixture
def own(front, tmp_path, monkeypatch):
    """A front with a folder of problems of its own, and nothing in it."""
    monkeypatch.setattr(folder_module, "LOOK_EVERY_S", 0.0)
    return front.with_services(problems=Library(tmp_path / "problems"))


@pytest.fixture
def send(own):
    headers = own.key("operate", owner="olga")

    def send(data, query=""):
        return own.client.post(
            f"/v1/problems{query}", data=data, content_type="application/zip", headers=headers
        )

    return send


def test_a_package_is_taken_in_and_served_at_once(own, send):
    answer = send(zipped())
    assert answer.status_code == 201, answer.json
    told = answer.json
    assert (told["slug"], told["tests"], told["replaced"], told["warnings"]) == ("aplusb", 15, None, [])
    assert answer.headers["Location"] == told["link"] == "/v1/problems/aplusb"
    assert own.client.get(told["link"]).json["name"] == "A plus B"
    assert own.services.problems.find("aplusb").version == told["version"]


def test_another_library_of_the_same_folder_sees_it_without_a_restart(own, send):
    worker = Library(own.services.problems.folder)
    first = send(zipped()).json["version"]
    assert worker.find("aplusb").version == first
    second = send(
        zipped(**{".timelimit": "3\n", "domjudge-problem.ini": None, "problem.yaml": "name: New\n"})
    )
    assert (second.status_code, second.json["replaced"]) == (201, first)
    assert worker.find("aplusb").version == second.json["version"]
    assert worker.find_version("aplusb", first).version == first


def test_the_same_version_again_is_200(send):
    first = send(zipped())
    again = send(zipped())
    assert (again.status_code, again.json["version"]) == (200, first.json["version"])


def test_a_name_of_its_own_and_none_at_all(send):
    assert send(zipped(top=""), "?slug=sum").json["slug"] == "sum"
    assert send(zipped(), "?slug=total").json["slug"] == "total"
    nameless = send(zipped(top=""))
    assert nameless.status_code == 422
    assert "say what it shall be called" in nameless.json["errors"][0]["reason"]
    assert send(zipped(), "?slug=No").status_code == 400


def test_a_look_takes_nothing_in(own, send):
    assert send(zipped(), "?dry_run=true").status_code == 200
    assert own.services.problems.find("aplusb") is None


def test_every_fault_is_listed_with_its_path_and_the_old_version_stays(own, send):
    version = send(zipped()).json["version"]
    answer = send(zipped(**{"problem.yaml": "foo: 1\nbar: 2\n", "data/secret/extra.in": "1\n"}))
    assert (answer.status_code, answer.json["type"]) == (422, "/v1/errors/broken-package")
    assert [fault["field"] for fault in answer.json["errors"]] == [
        "problem.yaml",
        "problem.yaml",
        "data/secret/extra.in",
    ]
    assert own.services.problems.find("aplusb").version == version
    assert own.services.problems.faults() == {}


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip"])
def test_what_is_no_zip(send, data):
    assert send(data).status_code == 422


def test_a_path_that_leads_out(own, send, tmp_path):
    answer = send(zipped(top="aplusb/", **{"../../../../out": "x"}))
    assert answer.status_code == 422
    assert "leads out" in answer.json["errors"][0]["reason"]
    assert not list(tmp_path.rglob("out"))


def test_only_operators_and_only_zips(own, send):
    for headers, status in (({}, 401), (own.key("submit"), 403)):
        answer = own.client.post(
            "/v1/problems", data=zipped(), content_type="application/zip", headers=headers
        )
        assert answer.status_code == status
    answer = own.client.post("/v1/problems", data=zipped(), headers=own.key("operate"))
    assert answer.status_code == 415
    assert own.services.problems.find("aplusb") is None


@pytest.mark.parametrize("chunked", [False, True])
def test_one_that_is_too_large(own, send, chunked):
    narrow = own.with_api(max_package_bytes=1000).with_services(problems=own.services.problems)
    answer = narrow.client.post(
        "/v1/problems",
        content_type="application/zip",
        headers=own.key("operate"),
        **(
            {"input_stream": io.BytesIO(zipped()), "environ_overrides": {"wsgi.input_terminated": True}}
            if chunked
            else {"data": zipped()}
        ),
    )
    assert (answer.status_code, answer.json["type"]) == (413, "/v1/errors/too-large")
    assert own.services.problems.find("aplusb") is None


def test_one_that_is_larger_than_other_requests_may_be(own, send):
    narrow = own.with_api(max_request_bytes=1000).with_services(problems=own.services.problems)
    answer = narrow.client.post(
        "/v1/problems", data=zipped(), content_type="application/zip", headers=own.key("operate")
    )
    assert answer.status_code == 201


def test_a_body_that_the_disk_does_not_take(own, send, tmp_path):
    gone = msgspec.structs.replace(own.services.settings, home=tmp_path / "gone")
    answer = own.with_services(settings=gone).client.post(
        "/v1/problems", data=zipped(), content_type="application/zip", headers=own.key("operate")
    )
    assert answer.status_code == 503


def test_one_put_there_by_hand_is_left_alone(own, send):
    shutil.copytree(PROBLEMS / "aplusb", own.services.problems.folder / "aplusb")
    answer = send(zipped())
    assert (answer.status_code, answer.json["type"]) == (409, "/v1/errors/put-by-hand")


def test_a_full_disk_is_503_and_the_old_version_stays(own, send, monkeypatch, capsys):
    version = send(zipped()).json["version"]

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(importing, "_turn", full)
    answer = send(
        zipped(**{"problem.yaml": "name: New\n", ".timelimit": "3\n", "domjudge-problem.ini": None})
    )
    assert (answer.status_code, answer.json["type"]) == (503, "/v1/errors/problems-unwritable")
    assert "No space left" in capsys.readouterr().out
    assert own.services.problems.find("aplusb").version == version
