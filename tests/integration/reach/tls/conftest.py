"""A server that speaks TLS, of the distribution, and the certificates it is given."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis


def skip_or_fail(reason: str) -> None:
    """Skip at home; in CI a missing part is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


HINT = (
    "no redis-server with TLS here; on Debian and Ubuntu: "
    "apt-get install --no-install-recommends redis-tools, which holds it as redis-check-rdb and starts none"
)


@pytest.fixture(scope="session")
def distribution_server() -> str:
    """Give the distribution's redis-server, which unlike the bundled one knows TLS.

    Where only redis-tools is installed its redis-check-rdb is that program: it goes by the name it is called.
    """
    found = shutil.which("redis-server") or shutil.which("redis-check-rdb")
    if not found:
        skip_or_fail(HINT)
    return os.path.realpath(found)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def certificates() -> Iterator[Path]:
    """Give a folder with an authority of our own (ca.crt), a server's and a client's key and certificate."""
    if not shutil.which("openssl"):
        skip_or_fail("no openssl command to make certificates with; apt-get install openssl")
    folder = Path(tempfile.mkdtemp(prefix="jl-tls-"))
    names = ("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE")
    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    try:
        for command in (
            [*new, "-x509", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=authority of a test"],
            *(
                [
                    *(*new, "-x509", "-CA", "ca.crt", "-CAkey", "ca.key", "-keyout", f"{name}.key"),
                    *("-out", f"{name}.crt", "-subj", f"/CN={name}", *names),
                ]
                for name in ("server", "client")
            ),
        ):
            made = subprocess.run(["openssl", *command], cwd=folder, capture_output=True, check=False)
            assert made.returncode == 0, made.stderr.decode()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def tls_server(servers, distribution_server: str, certificates: Path):
    """Give a server that speaks TLS only, and only to who shows a certificate of our authority."""
    port = servers.port()
    folder = servers.folder / str(port)
    folder.mkdir()
    server = servers.start_as(
        distribution_server,
        "redis-server",
        folder,
        *("--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
        *("--tls-cert-file", str(certificates / "server.crt")),
        *("--tls-key-file", str(certificates / "server.key")),
        *("--tls-ca-cert-file", str(certificates / "ca.crt"), "--tls-auth-clients", "yes"),
        port=port,
    )
    server.client = Redis(
        host="127.0.0.1",
        port=port,
        ssl=True,
        ssl_ca_certs=str(certificates / "ca.crt"),
        ssl_certfile=str(certificates / "client.crt"),
        ssl_keyfile=str(certificates / "client.key"),
    )
    return server.ready()
