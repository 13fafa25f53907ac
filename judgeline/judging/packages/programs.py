"""The programs a package brings. One is a file or a folder of files."""

from judgeline.judging.packages.faults import Report
from judgeline.judging.packages.metadata import LEGACY, Metadata
from judgeline.judging.packages.package import ProgramSource
from judgeline.judging.packages.tree import Tree

MOST_PROGRAM_FILES = 64
MOST_PROGRAM_BYTES = 4 << 20


def read_programs(tree: Tree, folder: str, report: Report) -> tuple[ProgramSource, ...]:
    """Every program that stands directly in a folder, sorted by name."""
    programs: dict[str, dict[str, str]] = {}
    for name in tree.under(folder):
        program, _, rest = name.partition("/")
        programs.setdefault(program, {})[rest or program] = f"{folder}/{name}"
    return tuple(
        ProgramSource(
            name=f"{folder}/{program}", paths={name: tree.files[path].path for name, path in files.items()}
        )
        for program, files in sorted(programs.items())
        if _bounded(tree, f"{folder}/{program}", files, report)
    )


def read_checkers(tree: Tree, metadata: Metadata, report: Report) -> tuple[ProgramSource, ...]:
    """The custom output validators; empty where the default one judges."""
    legacy, custom = metadata.format == LEGACY, metadata.custom
    folder = "output_validators" if legacy else "output_validator"
    other = "output_validator" if legacy else "output_validators"
    if tree.under(other):
        report.fault(other, f"belongs to another format; here it is called {folder}")
    if legacy:
        programs = read_programs(tree, folder, report)
    else:
        # The folder is the program, unless it holds a single folder that is.
        files = {name: f"{folder}/{name}" for name in tree.under(folder)}
        programs = ()
        if files and _bounded(tree, folder, files, report):
            programs = (
                ProgramSource(name=folder, paths={n: tree.files[path].path for n, path in files.items()}),
            )
    for program in programs:
        for script in {"build", "run"} & program.paths.keys():
            report.fault(
                f"{program.name}/{script}", "build and run scripts are not supported: give a source file"
            )
    if custom and not programs:
        report.fault(folder, "holds no validator, but problem.yaml says validation: custom")
    if custom is False:
        if programs:
            report.warn(folder, "is ignored: problem.yaml says validation: default")
        return ()
    return programs


def read_includes(tree: Tree, metadata: Metadata, report: Report) -> dict[str, ProgramSource]:
    """The files that go with every submission, by its language; "default" (2025-09) for those without any."""
    includes: dict[str, ProgramSource] = {}
    for language in tree.children("include"):
        folder = f"include/{language}"
        files = {name: f"{folder}/{name}" for name in tree.under(folder)}
        if folder in tree.files:
            report.fault(folder, "must be a folder: include/<language>/<file>")
        elif language == "default" and metadata.format == LEGACY:
            report.fault(folder, "belongs to the format 2025-09")
        elif any("/" in name for name in files):
            report.fault(folder, "holds folders, which are not supported")
        elif metadata.languages and language not in metadata.languages | {"default"}:
            report.fault(folder, "is for a language that problem.yaml does not allow")
        elif _bounded(tree, folder, files, report):
            paths = {name: tree.files[path].path for name, path in files.items()}
            includes[language] = ProgramSource(name=folder, paths=paths)
    return includes


def _bounded(tree: Tree, where: str, files: dict[str, str], report: Report) -> bool:
    size = sum(tree.files[path].size for path in files.values())
    if len(files) > MOST_PROGRAM_FILES or size > MOST_PROGRAM_BYTES:
        report.fault(
            where, f"is more than {MOST_PROGRAM_FILES} files or {MOST_PROGRAM_BYTES >> 20} MiB of program"
        )
        return False
    return True
