"""How a judgement is shown: one row a test, then the verdict."""

from typing import Any

from judgeline.cli.output import console, print_table

_COLOURS = {"accepted": "green", "judge_error": "magenta"}


def print_judgement(result: dict[str, Any]) -> None:
    """Print a judgement as the API gives it (or ``Judgement`` as builtins): tests, then the verdict."""
    tests = result.get("tests") or []
    if tests:
        print_table(
            ("test", "verdict", "cpu ms", "wall ms", "memory KiB", "why"),
            [
                (
                    test["name"],
                    coloured(test["verdict"]),
                    f"{test.get('time_ms', 0):.1f}",
                    f"{test.get('wall_ms', 0):.1f}",
                    test.get("memory_kb", 0),
                    test.get("why", ""),
                )
                for test in tests
            ],
            right=("cpu ms", "wall ms", "memory KiB"),
        )
    groups = result.get("groups") or []
    if groups:
        print_table(
            ("group", "verdict", "score", "of", "why"),
            [
                (
                    group["name"],
                    coloured(group.get("verdict") or "not run"),
                    f"{group.get('score', 0):g}",
                    "" if group.get("max_score") is None else f"{group['max_score']:g}",
                    group.get("why", ""),
                )
                for group in groups
            ],
            right=("score", "of"),
        )
    output = console()
    if result.get("compile_output"):
        output.print(result["compile_output"].rstrip(), markup=False)
    verdict = result.get("verdict") or result.get("status") or "unknown"
    passed = sum(test["verdict"] == "accepted" for test in tests)
    total = result.get("tests_total") or len(tests)
    line = (
        f"{coloured(verdict)}: {_score(result)}{passed} of {total} tests, {result.get('time_ms', 0):.1f} ms"
    )
    line += _of(result, "time_limit_ms") + f", {result.get('memory_kb', 0)} KiB"
    output.print(line + _of(result, "memory_limit_kb") + _why(result), soft_wrap=True)


def coloured(verdict: str) -> str:
    """A verdict in its colour, as rich markup."""
    colour = _COLOURS.get(verdict, "red")
    return f"[{colour}]{verdict}[/{colour}]"


def _score(result: dict[str, Any]) -> str:
    if result.get("score") is None:
        return ""
    best = result.get("max_score")
    return f"{result['score']:g}{'' if best is None else f' of {best:g}'} points, "


def _of(result: dict[str, Any], limit: str) -> str:
    return f" of {result[limit]:.0f}" if result.get(limit) else ""


def _why(result: dict[str, Any]) -> str:
    why = result.get("why") or result.get("reason") or ""
    return f" ({why})".replace("[", r"\[") if why else ""
