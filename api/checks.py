"""What a submission or a run must name: a problem and a language that are here, and a host that can judge."""

from api.errors import InvalidField, NoSandbox, TooLarge
from api.services import Services
from judgeline.judging.errors import LanguageError, PackageError
from judgeline.judging.packages import Package


def check_language(services: Services, language: str) -> None:
    """Raise InvalidField unless this language can be judged."""
    try:
        services.languages.find(language)
    except LanguageError as error:
        raise InvalidField.of("language", str(error)) from None


def check_problem(services: Services, slug: str, language: str, source: str) -> Package:
    """Give the problem that a submission is for.

    Raises InvalidField unless it is here and takes the language, TooLarge past its own limit.
    """
    package = find_problem(services, slug)
    if package is None:
        raise InvalidField.of("problem", f"there is no problem {slug!r}")
    if package.languages and language not in package.languages:
        known = ", ".join(sorted(package.languages))
        raise InvalidField.of("language", f"this problem takes {known}")
    most = package.limits.code_kib * 1024
    if len(source) > most // 4 and len(source.encode()) > most:
        raise TooLarge.of("source", len(source.encode()), most)
    return package


def find_problem(services: Services, slug: str) -> Package | None:
    """The problem, or None; a broken package is none, and GET /v1/problems tells operators why."""
    try:
        return services.problems.find(slug)
    except PackageError:
        return None


def require_sandbox(services: Services) -> None:
    """Raise NoSandbox where workers are, and each of them says that it cannot run code safely.

    No worker at all is no reason: the submission waits for one.
    """
    trouble = services.judges.trouble()
    if trouble:
        raise NoSandbox(trouble, retry_after_s=10)
