"""The whole way over TLS, against the distribution's redis-server."""

import pytest

from judgeline.events import EventListener
from judgeline.queues.connect import check_server, command_client
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.job import JobState
from judgeline.queues.open import open_engine
from judgeline.queues.options import QueueOptions


@pytest.fixture
def trust(certificates):
    """Give the options of a URL that trust our authority and show a certificate of it."""
    return "&".join((
        f"ssl_ca_certs={certificates}/ca.crt",
        f"ssl_certfile={certificates}/client.crt",
        f"ssl_keyfile={certificates}/client.key",
    ))  # fmt: skip


def test_workers_and_events_over_tls(tls_server, trust, start_workers, eventually):
    url = f"rediss://localhost:{tls_server.port}/0?{trust}"
    workers = start_workers(url)
    listener = EventListener(url)
    try:
        with listener.watch(workers.engine.channel("1")) as watch:
            assert watch.confirmed.is_set()
            workers.put("1")
            eventually(lambda: workers.state("1") is JobState.DONE, "the job")
            heard = [watch.wait(10).state for _ in range(2)]
            assert heard == [JobState.RUNNING, JobState.DONE]
    finally:
        listener.stop()
    with command_client(url) as client:
        check_server(client)


def test_a_server_that_nobody_vouches_for_is_not_believed(tls_server, trust):
    options = trust.split("&", 1)[1]  # without our authority
    engine = open_engine("q", QueueOptions(handler="noop"), f"rediss://localhost:{tls_server.port}?{options}")
    with pytest.raises(QueueUnavailable, match="certificate"):
        engine.stats()


def test_a_server_that_is_vouched_for_under_another_name_is_not_believed(tls_server, trust):
    url = f"rediss://127.1:{tls_server.port}?{trust}"  # the same place, written as no certificate has it
    with pytest.raises(QueueUnavailable, match=r"not valid for '127\.1'|IP address mismatch"):
        open_engine("q", QueueOptions(handler="noop"), url).stats()
    with command_client(f"{url}&ssl_check_hostname=no") as client:
        assert client.ping()


def test_who_shows_no_certificate_is_not_served(tls_server, certificates):
    url = f"rediss://localhost:{tls_server.port}?ssl_ca_certs={certificates}/ca.crt"
    with pytest.raises(QueueUnavailable):
        open_engine("q", QueueOptions(handler="noop"), url).stats()


def test_a_plain_url_is_refused_in_words(tls_server):
    with pytest.raises(QueueUnavailable, match="cannot be reached"):
        open_engine("q", QueueOptions(handler="noop"), f"redis://localhost:{tls_server.port}").stats()


def test_sentinel_over_tls_leads_to_a_server_over_tls(
    tls_server, trust, servers, certificates, distribution_server, eventually
):
    port = servers.port()
    folder = servers.folder / str(port)
    folder.mkdir()
    config = folder / "sentinel.conf"
    config.write_text(
        f"port 0\ntls-port {port}\nbind 127.0.0.1\ntls-replication yes\ntls-auth-clients yes\n"
        f"tls-cert-file {certificates}/server.crt\ntls-key-file {certificates}/server.key\n"
        f"tls-ca-cert-file {certificates}/ca.crt\n"
        f"sentinel monitor jobs 127.0.0.1 {tls_server.port} 1\n"
    )
    servers.start_as(distribution_server, "redis-sentinel", folder, str(config), "--sentinel", port=port)
    url = f"rediss+sentinel://localhost:{port}/jobs?{trust}"
    with command_client(url) as client:
        assert eventually(client.ping)
        assert client.set("k", "v")
    assert tls_server.client.get("k") == b"v"
