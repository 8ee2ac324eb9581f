"""Many installations at one broker: how soon all of them play a chord for all."""

import sys
from pathlib import Path

import numpy as np
import pytest
from parts import need

sys.path.append(str(Path(__file__).parent.parent / "bench"))

from installations import Broker, together

SOON_MS = 50.0
SITTINGS = 3


@pytest.mark.long
def test_a_chord_for_all_sounds_in_twenty_rooms_within_50_ms(tmp_path):
    need("mosquitto")
    need("mosquitto_sub")
    rounds = []
    for sitting in range(SITTINGS):
        (tmp_path / str(sitting)).mkdir()
        broker = Broker(tmp_path / str(sitting))
        try:
            each, figures = together(tmp_path / str(sitting), broker, 20, 24)
        finally:
            broker.end()
        assert all(it["notes"] for it in figures)
        rounds += [np.percentile(part, 99) for part in np.split(each, 6)]
        if min(rounds) < SOON_MS:
            return
    pytest.fail(f"{rounds}")  # other programs delay some rounds; a fault delays all
