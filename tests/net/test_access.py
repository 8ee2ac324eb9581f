"""Which hosts may send."""

import pytest

from perform.errors import RigError
from perform.net.access import AccessList, is_loopback


def test_listed_hosts_and_this_machine_may_send():
    allowed = AccessList(["192.168.1.0/24", "10.0.0.7", "fe80::/10"])
    for host in (
        "192.168.1.20",
        "10.0.0.7",
        "127.0.0.1",
        "::1",
        "::ffff:192.168.1.9",
        "fe80::1%eth0",
    ):
        assert host in allowed
    for host in ("192.168.2.1", "10.0.0.8", "2001:db8::1", "nonsense"):
        assert host not in allowed
    assert "8.8.8.8" in AccessList()
    with pytest.raises(RigError, match="for all of a network"):
        AccessList(["studio"])
    assert is_loopback("127.0.0.1")
    assert not is_loopback("0.0.0.0")
