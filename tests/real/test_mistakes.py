"""Sessions in which players, devices and programs do what they should not. Nothing gets stuck.

`tests/bench/mistakes.py` plays more of them, shows a script and plays one again by its seed.
"""

import pytest
from mistake_judge import faults
from mistake_script import script
from mistake_session import Session


def test_a_seed_gives_one_script():
    assert str(script(5)) == str(script(5))
    assert len({str(script(seed)) for seed in range(50)}) == 50


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 11))
def test_no_mistake_leaves_a_fault(jack, tmp_path, seed):
    pytest.importorskip("aalink")
    one = script(seed)
    heard = Session(one, tmp_path, jack).play()
    assert faults(heard) == [], f"\n{one}\n" + "\n".join(heard.lines)
