"""The delays before restarts."""

from perform.net.backoff import Backoff


def test_delays_double_up_to_half_a_minute_and_start_again_after_a_stable_run():
    now = [0.0]
    backoff = Backoff(0.5, lambda: now[0])
    delays = []
    for seconds_up in [0.0] * 8 + [11.0, 1.0]:
        now[0] += seconds_up
        delays.append(backoff.next())
        now[0] += delays[-1]
    assert delays == [0.5, 1, 2, 4, 8, 16, 30, 30, 0.5, 1]
