from perform.net.rate_limit import Backoff, RateLimit


def test_a_flood_passes_at_its_pace():
    now = [0.0]
    pace = RateLimit(300, 600, lambda: now[0])
    assert sum(pace.allows() for _ in range(5000)) == 600
    now[0] = 1.0
    assert sum(pace.allows() for _ in range(5000)) == 300


def test_pauses_grow_to_half_a_minute_until_something_stays():
    now = [0.0]
    pauses = Backoff(0.5, lambda: now[0])
    waited = []
    for stays in [0.0] * 8 + [11.0, 1.0]:
        now[0] += stays
        waited.append(pauses.next())
        now[0] += waited[-1]
    assert waited == [0.5, 1, 2, 4, 8, 16, 30, 30, 0.5, 1]
