import pytest

from api.addresses import client_address, read_networks

PROXIES = read_networks(["10.0.0.0/8", "192.168.1.1", "::1"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("9.9.9.9", [], "9.9.9.9"),
        ("9.9.9.9", ["1.1.1.1"], "9.9.9.9"),
        ("10.0.0.1", ["1.1.1.1"], "1.1.1.1"),
        ("10.0.0.1", ["6.6.6.6, 1.1.1.1"], "1.1.1.1"),
        ("10.0.0.1", ["6.6.6.6", "1.1.1.1, 192.168.1.1"], "1.1.1.1"),
        ("10.0.0.1", ["10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("::ffff:9.9.9.9", [], "9.9.9.9"),
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", [], "2001:db8:1:2::/64"),
        ("::1", ["2001:db8::1"], "2001:db8::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        ("", [], "local"),
    ],
)
def test_the_address_is_what_the_nearest_trusted_proxy_saw(peer, forwarded, address):
    assert client_address(peer, forwarded, PROXIES) == address


def test_without_proxies_nobody_is_believed():
    assert client_address("10.0.0.1", ["1.1.1.1"], []) == "10.0.0.1"
