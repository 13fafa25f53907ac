"""A package's validators against its data: the inputs they must accept or refuse, and the outputs."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import msgspec

from judgeline.judging.checkers import ACCEPTED, CheckerCache, build_checker, validation_limits
from judgeline.judging.errors import BoxError, CheckerError
from judgeline.judging.judge import Judge
from judgeline.judging.packages.package import Input, Package, PackageLimits, ProgramSource
from judgeline.judging.program import Program
from judgeline.judging.row import HELD, SKIPPED, SURPRISE, Row, VerifyProgress
from judgeline.judging.sandbox.box import Box, Outcome
from judgeline.judging.verdicts import Progress, Verdict
from judgeline.judging.words import ending, one_line

_SHOWN = 5


def check_inputs(package: Package, judge: Judge, tell: VerifyProgress) -> Iterator[Row]:
    """A row for each input validator, which must accept every input; and one for those some must refuse."""
    valid = [*package.tests, *package.output_cases]
    refusals: dict[str, list[str]] = {}
    able = bool(package.input_validators)
    for validator in package.input_validators:
        row = Row(
            kind="input_validator",
            name=validator.name,
            state=SKIPPED,
            expected=f"exit code {ACCEPTED} for every input",
            tests_total=len(valid),
        )
        if any(name.endswith((".ctd", ".viva")) for name in validator.paths):
            able = False
            yield msgspec.structs.replace(row, why="Checktestdata and VIVA are not supported")
            continue
        try:
            refused = _refused_by(package, judge, validator, [*valid, *package.invalid_inputs], tell)
        except (CheckerError, BoxError, OSError) as error:
            able = False
            yield msgspec.structs.replace(row, state=SURPRISE, why=str(error))
            continue
        for name in refused:
            refusals.setdefault(name, []).append(validator.name)
        wrong = [f"{test.name}: it {refused[test.name]}" for test in valid if test.name in refused]
        if wrong:
            yield _surprise(row, f"{len(wrong)} refused", wrong)
        else:
            yield msgspec.structs.replace(row, state=HELD, got=f"{len(valid)} accepted")
    if package.invalid_inputs:
        yield _invalid_inputs(package, refusals, able=able)


def check_outputs(package: Package, judge: Judge, tell: VerifyProgress) -> Iterator[Row]:
    """A row for the outputs that the checker must accept, and one for those it must refuse, where any are."""
    for accepted, folder in ((False, "invalid_output"), (True, "valid_output")):
        cases = [case for case in package.output_cases if case.accepted is accepted]
        if not cases:
            continue
        word = "accepted" if accepted else "refused"
        row = Row(
            kind="output_validator",
            name=f"data/{folder}",
            state=HELD,
            expected=f"every output {word}",
            got=f"{len(cases)} {word}",
            tests_total=len(cases),
        )
        wrong: list[str] = []
        try:
            with CheckerCache(judge.sandbox, judge.languages).open(package) as checker:
                for number, case in enumerate(cases, 1):
                    checked = checker.check(case, case.output())
                    if checked.verdict is not (Verdict.ACCEPTED if accepted else Verdict.WRONG_ANSWER):
                        said = one_line((checked.message or checked.why).encode(), 200)
                        wrong.append(f"{case.name}: {checked.verdict}" + (f" ({said})" if said else ""))
                    tell(row.name, Progress(stage="testing", test=number, tests_total=len(cases)))
        except (CheckerError, BoxError, OSError) as error:
            yield msgspec.structs.replace(row, state=SURPRISE, got="", why=str(error))
            continue
        yield _surprise(row, f"{len(wrong)} not {word}", wrong) if wrong else row


def _refused_by(
    package: Package, judge: Judge, validator: ProgramSource, inputs: Sequence[Input], tell: VerifyProgress
) -> dict[str, str]:
    """What a validator does not accept: the input's name -> how it ended. Raises CheckerError, BoxError."""
    refused: dict[str, str] = {}
    program = build_checker(validator, package.limits, judge.sandbox, judge.languages)
    with ExitStack() as stack:
        box = stack.enter_context(program.open_box(judge.sandbox))
        box.load(program.files)
        for number, input_ in enumerate(inputs, 1):
            outcome = _validate(box, program, validator, input_, package.limits)
            if outcome.exit_code != ACCEPTED:
                said = one_line(outcome.stderr + outcome.stdout, 200)
                refused[input_.name] = ending(outcome) + (f" ({said})" if said else "")
            tell(validator.name, Progress(stage="testing", test=number, tests_total=len(inputs)))
    return refused


def _validate(
    box: Box, program: Program, validator: ProgramSource, input_: Input, limits: PackageLimits
) -> Outcome:
    named = input_.input_validator_args
    args = named.get(_short(validator), named.get("", ()))
    granted = validation_limits(limits, input_.file_bytes)
    command = program.command(granted, args=[*args, *input_.args], files=input_.files())
    return box.run(command, input_.input())


def _invalid_inputs(package: Package, refusals: dict[str, list[str]], *, able: bool) -> Row:
    """Each of the inputs that must be refused needs one validator that does."""
    inputs = package.invalid_inputs
    row = Row(
        kind="invalid_input",
        name="data/invalid_input",
        state=HELD,
        expected="every input refused by an input validator",
        got=f"{len(inputs)} refused",
        tests_total=len(inputs),
    )
    wrong = [f"{input_.name}: no validator refuses it" for input_ in inputs if input_.name not in refusals]
    if not wrong:
        return row
    if not able:
        why = "not every input validator could be run here"
        return msgspec.structs.replace(row, state=SKIPPED, got="", why=why)
    return _surprise(row, f"{len(wrong)} accepted", wrong)


def _surprise(row: Row, got: str, wrong: list[str]) -> Row:
    why = "; ".join(wrong[:_SHOWN]) + (f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else "")
    return msgspec.structs.replace(row, state=SURPRISE, got=got, why=why)


def _short(program: ProgramSource) -> str:
    """The name by which settings call a validator: its file or folder, without the ending."""
    return program.name.rpartition("/")[2].partition(".")[0]
