"""The README's session, replayed: each command as it stands, its output held against what the page shows."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()


def transcript() -> list[tuple[str, list[str]]]:
    """(command, lines of its output) of every console block, in order."""
    steps: list[tuple[str, list[str]]] = []
    for block in re.findall(r"^```console\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], []))
            else:
                steps[-1][1].append(line)
    return steps


def pattern(lines: list[str]) -> re.Pattern[str]:
    """What the page shows as a pattern: "..." is anything, alone on a line any lines."""
    parts = []
    for line in lines:
        if line == "...":
            parts.append(r"(?:.*\n)*?")
        else:
            words = [
                r"\s+".join(map(re.escape, part.split())) for part in re.split(r"\s*\.\.\.\s*", line.strip())
            ]
            parts.append(r"\s*" + ".*".join(words) + r"[^\S\n]*\n")
    return re.compile("".join(parts))


def test_the_session_of_the_readme_goes_as_it_says(system):
    system.start().ready()
    (system.folder / "var").symlink_to(system.home)
    activate = system.folder / ".venv" / "bin" / "activate"
    activate.parent.mkdir(parents=True)
    activate.write_text(f"PATH={Path(sys.executable).parent}:$PATH\n")
    shell = subprocess.Popen(
        ["/bin/sh"],
        cwd=system.folder,
        env=system.environ(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    steps = transcript()
    assert len(steps) > 10
    with shell:
        for command, shown in steps:
            shell.stdin.write(
                command.replace("127.0.0.1:8000", f"127.0.0.1:{system.port}") + "\necho; echo @@done\n"
            )
            shell.stdin.flush()
            said = ""
            for line in shell.stdout:
                if line == "@@done\n":
                    break
                said += line
            assert not shown or pattern(shown).search(said), (
                f"$ {command}\nshown:\n{chr(10).join(shown)}\nsaid:\n{said}"
            )
        shell.stdin.close()
    outbox = list((system.home / "outbox").glob("*.eml"))
    assert len(outbox) == 1
