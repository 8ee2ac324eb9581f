"""The arc of each bar of each voice, from the chart, the parameters and the seed."""

from perform.engine.arc import Arc, arc_of, chorus_place
from perform.engine.harmony import FormPlace, Harmony, chart_number
from perform.engine.voice_state import VoiceState


class VoiceArcs:
    """Finds arcs. `seed`: of the performance; each voice and chart has sentences of its own."""

    def __init__(self, harmony: Harmony, seed: int) -> None:
        self._harmony = harmony
        self._seed = seed

    def ahead(self, voice: VoiceState, bar: int, bars: int) -> Arc:
        """The arc of `bar`, which is so many bars ahead (0: this bar)."""
        return self.at(voice, bar, self._harmony.place_ahead(bars))

    def at(self, voice: VoiceState, bar: int, at: FormPlace) -> Arc:
        """The arc of `bar` at a place in the form."""
        place = at.place if at.bars else bar
        return arc_of(
            chorus_place(place, at.bars, at.times),
            voice.parameters["build"],
            voice.parameters["space"],
            self._seed * 31 + voice.index + chart_number(self._harmony.chart),
        )
