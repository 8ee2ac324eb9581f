"""Scripts of mistakes: what players, devices and programs do wrong in a short session, by a seed.

A script is data. The same seed gives the same script on every machine, and `print(script)` shows
it. `mistake_session` plays it against real parts.
"""

import random
from typing import NamedTuple

SECONDS = 3.2  # of mistakes; several bars
TEMPO = 320.0
SOONEST_BACK = 0.4  # seconds from the unplugging of a USB device until it may be there again
CHORDS = ("C7", "F7", "Bbmaj7", "Am7", "Dm7b5", "G13", "Ebmaj9", "F#m7")
TRIADS = ((60, 64, 67), (65, 69, 72), (62, 65, 69, 72), (58, 62, 65, 69), (52, 58, 62, 67))
MODELS = ("blues", "blues-bars", "reels", "swing", "bass", "funk", "no-such-bundle", "../blues")
KNOBS = ("swing", "humanise", "accent", "articulation", "blend", "vary", "land", "build", "taste",
         "weight/steps", "weight/opinion", "target/density", "target/register")  # fmt: skip
CHARTS = ("Dm7 | G7 | C", "|: Am7 :| F", "C | F", "Dm7 | |: G7 :|", "")
NONSENSE = (
    ("/tempo", float("nan")), ("/tempo", 1e30), ("/tempo", "fast"), ("/tempo",), ("/tempo", True),
    ("/metre", "0/4"), ("/metre", "4/3"), ("/metre", 4), ("/chord", "H#7x"), ("/chord", ""),
    ("/chord", -1, 200, 60), ("/chord", b"\x00\xff"), ("/mode", "sideways"), ("/mode/bars", -3),
    ("/voice/unknown/mute", 1), ("/voice/lead/mute", "perhaps"), ("/model", ""), ("/chart", "|||:"),
    ("/snapshot/recall", "none"), ("/subscribe", "no.such.host.invalid", 1), ("/subscribe", -1),
    ("/note", 300, 90), ("/note", 60), ("/swing", float("inf")), ("/learn", "/nothing"),
    ("/transport", "sideways"), ("/no/such/address", 1), ("/voice/*/swing", 0.3), ("/key", "H"),
    ("/input/midi/transpose", 99), ("/unsubscribe", 70000), ("/feel", "odd"), ("/x" * 200, 1),
)  # fmt: skip


class Step(NamedTuple):
    """One thing that `who` does, `at` so many seconds after the music began."""

    at: float
    who: str
    does: str
    values: tuple = ()

    def __str__(self):
        return f"{self.at:6.2f}  {self.who:<6} {self.does:<11} {' '.join(map(repr, self.values))}"


class Scene(NamedTuple):
    """Who plays with the daemon, and how the session ends.

    `ends`: "stopped" after a stop, "playing" in the music, "early" amid the mistakes.
    """

    clock: str
    sync: bool
    binding: str
    change: str
    release: str
    zones: str
    clock_out: str
    mqtt: bool
    ends: str
    by: str


class Script(NamedTuple):
    """A session."""

    seed: int
    scene: Scene
    steps: tuple[Step, ...]

    def __str__(self):
        scene = ", ".join(f"{name}={value}" for name, value in self.scene._asdict().items())
        lines = [f"{number:>3} {step}" for number, step in enumerate(self.steps)]
        return "\n".join([f"seed {self.seed}: {scene}", *lines])


def script(seed):
    """The script of a seed."""
    chance = random.Random(seed)
    scene = Scene(
        clock=chance.choice(("internal", "internal", "midi", "link")),
        sync=chance.random() < 0.4,
        binding=chance.choice(("rtmidi", "supriya")),
        change=chance.choice(("hold", "cut", "slide")),
        release=chance.choice(("keep", "keep", "rest")),
        zones=chance.choice(("none", "none", "bass", "melody")),
        clock_out=chance.choice(("false", "true", '"continuous"')),
        mqtt=chance.random() < 0.2,
        ends=chance.choice(("stopped", "playing", "playing", "early")),
        by=chance.choice(("SIGINT", "SIGTERM")),
    )
    who = ["keys"] * 4 + ["osc"] * 5 + ["synth", "stall"]
    who += {"internal": ["osc"], "midi": ["clock"] * 4, "link": ["link"] * 4}[scene.clock]
    who += ["mqtt"] * 2 if scene.mqtt else []
    steps = []
    for _ in range(chance.randint(7, 16)):
        at = round(chance.uniform(0.05, SECONDS), 2)
        steps += _ACTORS[chance.choice(who)](chance, at, scene)
    return Script(seed, scene, tuple(_possible(sorted(steps, key=lambda step: step.at))))


def _possible(steps):
    """The steps, with no device back sooner than a USB device can be."""
    unplugged, moved = {}, []
    for step in steps:
        if step.does == "unplug":
            unplugged[step.who] = step.at
        elif step.does == "plug":
            soonest = round(unplugged.get(step.who, 0.0) + SOONEST_BACK, 2)
            moved.append(step._replace(at=max(step.at, soonest)))
            continue
        moved.append(step)
    moved.sort(key=lambda step: step.at)
    # a step that has moved may now be behind another unplugging
    return moved if moved == steps else _possible(moved)


def _keys(chance, at, _scene):
    notes = tuple(note + chance.choice((-12, 0, 0)) for note in chance.choice(TRIADS))
    does = chance.choice((
        "chord", "chord", "lost_off", "half", "roll", "layer", "pedal", "pedal_up", "solo",
        "flood_notes", "flood_cc", "sysex", "sysex_open", "odd", "channel_off", "sensing", "unplug",
    ))  # fmt: skip
    if does == "unplug":
        return _for_a_while(chance, at, "keys")
    if does in {"flood_notes", "flood_cc", "sysex", "sysex_open", "odd"}:
        return [Step(at, "keys", does, (chance.randint(50, 800), chance.randrange(1000)))]
    return [Step(at, "keys", does, notes)]


def _synth(chance, at, _scene):
    return _for_a_while(chance, at, "synth")


def _for_a_while(chance, at, who):
    """Unplugged, and plugged in again as soon as a USB device can be."""
    again = round(at + chance.choice((SOONEST_BACK, SOONEST_BACK, 0.8, 1.5)), 2)
    return [Step(at, who, "unplug"), Step(again, who, "plug")]


def _stall(chance, at, _scene):
    if chance.random() < 0.2:
        return [Step(at, "daemon", "kill_worker")]
    again = round(at + chance.choice((0.05, 0.12, 0.4, 1.1)), 2)
    return [Step(at, "daemon", "stall"), Step(again, "daemon", "go")]


def _osc(chance, at, scene):
    kind = chance.choice(("play", "play", "play", "voices", "voices", "wrong", "client", "stop"))
    if kind == "wrong":
        if chance.random() < 0.5:
            address, *values = chance.choice(NONSENSE)
            return [Step(at, "osc", "send", (address, *values))]
        does = chance.choice(("garbage", "tcp_half", "future"))
        return [Step(at, "osc", does, (chance.randint(1, 300), chance.randrange(1000)))]
    if kind == "client":
        does = chance.choice(("flood", "flood", "subscribe", "vanish"))
        return [Step(at, "osc", does, (chance.randint(50, 1500), chance.randrange(1000)))]
    if kind == "stop":
        return _stops(chance, at)
    said = _voices(chance) if kind == "voices" else _plays(chance, scene)
    return [Step(at, "osc", "send", said)]


def _stops(chance, at):
    """A panic or a stop, most with a resume; or a start in the middle."""
    does = chance.choice((("/panic",), ("/transport", "stop"), ("/transport", "start"),
                          ("/transport", "continue")))  # fmt: skip
    steps = [Step(at, "osc", "send", does)]
    if does[-1] in {"/panic", "stop"} and chance.random() < 0.8:
        again = chance.choice(("continue", "continue", "start"))
        later = round(at + chance.choice((0.0, 0.02, 0.3, 0.9)), 2)
        steps.append(Step(later, "osc", "send", ("/transport", again)))
    return steps


def _plays(chance, scene):
    said = [
        ("/chord", chance.choice(CHORDS)),
        ("/chord", *chance.choice(TRIADS)),
        ("/chart", chance.choice(CHARTS)),
        ("/chart/next",),
        ("/metre", chance.choice(("3/4", "4/4", "7/8", "2/4", "12/8"))),
        ("/key", chance.choice(("C", "F#m", "auto", "none"))),
        ("/keys/clear",),
        ("/note", chance.randint(55, 80), chance.choice((0, 90))),
        ("/chord/release",),
        ("/input/midi/transpose", chance.randint(-12, 12)),
    ]
    if scene.clock != "midi":
        said += [("/tempo", round(chance.uniform(160, 400), 1)), ("/tap",)]
    if scene.clock == "link":
        said.append(("/sync", chance.randint(0, 1)))
    return chance.choice(said)


def _voices(chance):
    knob, voice = chance.choice(KNOBS), chance.choice(("lead", "bass", "pad"))
    return chance.choice((
        (f"/{knob}", round(chance.random(), 2)),
        (f"/voice/{voice}/{knob}", round(chance.random(), 2)),
        ("/voice/lead/space", round(chance.random(), 2)),
        (f"/voice/{voice}/model", chance.choice(MODELS)),
        ("/model", chance.choice(MODELS[:6])),
        ("/other", chance.choice(MODELS)),
        ("/voice/lead/mode", chance.choice(("flow", "answer", "trade", "hold")),
         chance.randint(1, 4)),
        (f"/voice/{chance.choice(('lead', 'pad'))}/mute", chance.randint(0, 1)),
        ("/voice/bass/solo", chance.randint(0, 1)),
        (f"/voice/{voice}/transpose", chance.randint(-24, 24)),
        ("/feel", chance.choice(("auto", "swing", "straight"))),
        ("/more",), ("/no",), ("/snapshot/store", "A"), ("/snapshot/recall", "A"),
    ))  # fmt: skip


def _clock(chance, at, _scene):
    does = chance.choice(
        ("tempo", "tempo", "gap", "storm", "locate", "locate", "silence", "burst", "again", "stop")
    )
    values = {
        "tempo": lambda: (round(chance.uniform(100, 390), 1),),
        "gap": lambda: (chance.randint(1, 30),),
        "storm": lambda: (chance.randint(5, 60), chance.randrange(1000)),
        "locate": lambda: (chance.randrange(0, 128),),
        "silence": lambda: (chance.choice((0.2, 0.6, 1.2)),),
        "burst": lambda: (chance.randint(5, 200),),
    }.get(does, tuple)
    steps = [Step(at, "clock", does, values())]
    if does == "stop":
        later = round(at + chance.choice((0.0, 0.1, 0.7)), 2)
        steps.append(Step(later, "clock", chance.choice(("start", "continue"))))
    return steps


def _link(chance, at, _scene):
    does = chance.choice(("tempo", "leave", "join", "play", "stop", "other"))
    values = (round(chance.uniform(160, 390), 1),) if does == "tempo" else ()
    return [Step(at, "link", does, values)]


def _mqtt(chance, at, _scene):
    does = chance.choice(("end", "start", "flood", "garbage"))
    return [Step(at, "mqtt", does, (chance.randint(10, 400),))]


_ACTORS = {
    "keys": _keys, "synth": _synth, "stall": _stall, "osc": _osc, "clock": _clock, "link": _link,
    "mqtt": _mqtt,
}  # fmt: skip
