"""A rate limit allows a burst at once, and then its rate."""

from perform.net.rate_limit import RateLimit


def test_a_burst_passes_at_once_and_then_the_rate():
    now = [0.0]
    limit = RateLimit(300, 600, lambda: now[0])
    assert sum(limit.allows() for _ in range(5000)) == 600
    now[0] = 1.0
    assert sum(limit.allows() for _ in range(5000)) == 300
