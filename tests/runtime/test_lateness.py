"""The lateness histogram."""

from perform.runtime.lateness import Lateness


def test_the_summary_counts_notes_by_decades():
    lateness = Lateness()
    for milliseconds in (0.0, 0.004, 0.3, 0.35, 0.9, 2.0, 40.0):
        lateness.add(milliseconds / 1000)
    assert lateness.summary() == "0.01 ms 2, 1 ms 3, 10 ms 1, 100 ms 1"
    assert lateness.audible == 1


def test_percentiles_are_upper_bounds():
    lateness = Lateness()
    for microseconds in range(1, 1001):
        lateness.add(microseconds * 1e-6)
    assert 0.0005 <= lateness.percentile(0.5) <= 0.00058
    assert lateness.percentile(1.0) == lateness.worst == 0.001
    assert Lateness().percentile(0.5) == 0.0
