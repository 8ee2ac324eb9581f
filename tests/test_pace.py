from perform.pace import Pace


def test_a_flood_passes_at_its_pace():
    now = [0.0]
    pace = Pace(300, 600, lambda: now[0])
    assert sum(pace.allows() for _ in range(5000)) == 600
    now[0] = 1.0
    assert sum(pace.allows() for _ in range(5000)) == 300
