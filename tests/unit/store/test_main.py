import pytest

from judgeline.store.__main__ import main


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("JUDGELINE_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)


def test_migrate_then_check(capsys):
    assert main(["check"]) == 1
    assert "python -m judgeline.store migrate" in capsys.readouterr().err
    assert main(["migrate"]) == 0
    assert capsys.readouterr().out.endswith(", migrated\n")
    assert main(["migrate"]) == 0
    assert main(["check"]) == 0
    assert "migrated" not in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["drop"], ["migrate", "now"]])
def test_anything_else_is_not_understood(arguments, capsys):
    assert main(arguments) == 2
    assert "usage" in capsys.readouterr().err
