"""Problem packages that operators send: a zip in, a version in use out."""

import contextlib
import tempfile
from collections.abc import Iterator
from typing import IO

import msgspec
from flask import Response, request

from api import log
from api.errors import (
    BrokenPackage,
    FieldError,
    InvalidField,
    KeyRequired,
    MissingScope,
    ProblemsUnwritable,
    PutByHand,
    TooLarge,
    UnsupportedMediaType,
)
from api.jobs import json_response
from api.requests import read_query
from api.routes import Answer, Route
from api.services import Services
from judgeline.judging.errors import FolderInTheWay, PackageError, ProblemsError
from judgeline.judging.packages.importing import Staged, stage
from judgeline.judging.packages.versions import version_in_use
from judgeline.payloads import Slug
from judgeline.store.keys import Scope

ZIP = "application/zip"
_CHUNK = 1 << 20


class PackageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of a package that is sent."""

    slug: Slug | None = None
    """What the problem is called; the zip's one top folder says it if this is left out."""
    dry_run: bool = False
    """Only look whether it could be taken."""


class PackageReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """A package that was taken in."""

    slug: str
    version: str
    """SHA-256 over the paths and contents of its files, hex."""
    replaced: str | None
    """The version that was in use until now."""
    tests: int
    warnings: list[str]
    """What is odd and does not hinder judging, each with its path."""
    link: str


def take_package(services: Services) -> Response:
    """POST: take a package in; 201 for a new version, 200 for the one in use and for a look."""
    caller = services.authenticator.caller()
    caller.require(Scope.OPERATE)
    query = read_query(PackageQuery)
    if request.mimetype != ZIP:
        raise UnsupportedMediaType(
            f"the body is {request.mimetype or 'of no type'}; send Content-Type: {ZIP}"
        )
    try:
        with (
            _received(services) as file,
            stage(services.problems.folder, file, query.slug or "") as staged,
        ):
            receipt, new = _install(staged, dry_run=query.dry_run)
    except PackageError as error:
        raise _broken(error) from None
    except FolderInTheWay as error:
        raise PutByHand(str(error)) from None
    except ProblemsError as error:
        log.problems_unwritable(str(error))
        raise ProblemsUnwritable("the disk does not take it; what was in use still is") from None
    if not new:
        return json_response(receipt)
    log.package_taken(receipt.slug, receipt.version, receipt.replaced, caller.owner)
    return json_response(receipt, 201, [("Location", receipt.link)])


def _received(services: Services) -> IO[bytes]:
    """The body in a file without a name, bounded. Raises TooLarge, ProblemsError."""
    most = request.max_content_length = services.config.api.max_package_bytes
    size = 0
    with contextlib.ExitStack() as stack:
        with _disk():
            file = stack.enter_context(tempfile.TemporaryFile(dir=services.settings.home))
        while chunk := request.stream.read(_CHUNK):
            size += len(chunk)
            if size > most:
                raise TooLarge(f"the body has more than {most:,} bytes")
            with _disk():
                file.write(chunk)
        with _disk():
            file.flush()
        stack.pop_all()
    return file


@contextlib.contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ProblemsError(f"the body of a request cannot be kept: {error}") from None


def _install(staged: Staged, *, dry_run: bool) -> tuple[PackageReceipt, bool]:
    package = staged.package
    replaced = version_in_use(staged.problems, package.slug)
    new = False
    if not dry_run:
        imported = staged.install()
        replaced, new = imported.replaced, imported.new
    receipt = PackageReceipt(
        slug=package.slug,
        version=package.version,
        replaced=replaced if replaced != package.version else None,
        tests=len(package.tests),
        warnings=list(package.warnings),
        link=f"/v1/problems/{package.slug}",
    )
    return receipt, new


def _broken(error: PackageError) -> BrokenPackage:
    faults = [FieldError(*fault.split(": ", 1)) for fault in error.faults if ": " in fault]
    return BrokenPackage(f"{error.package} has {len(error.faults)} fault(s)", errors=faults)


ROUTES = (
    Route(
        method="POST",
        path="/v1/problems",
        name="take_package",
        handler=take_package,
        summary="Take a problem package in, as a zip",
        tag="problems",
        query=PackageQuery,
        upload=ZIP,
        answers={
            200: Answer(why="That version is in use already; or it could be.", body=PackageReceipt),
            201: Answer(why="That version is in use.", body=PackageReceipt),
        },
        errors=(
            InvalidField,
            KeyRequired,
            MissingScope,
            PutByHand,
            TooLarge,
            UnsupportedMediaType,
            BrokenPackage,
            ProblemsUnwritable,
        ),
        access="key",
    ),
)
