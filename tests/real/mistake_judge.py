"""What was wrong with a session of mistakes, as the outside heard it."""

import re
from itertools import pairwise

from perform.clock.realtime import TOO_LATE_SECONDS

OUR_CHANNEL = {"synth": 0, "virtual": 1}  # from 0
SOON = 0.2  # seconds from what is asked to its effect, on a quiet machine
END_SECONDS = 6.0  # children have 2 s to end, one after the other
BURST_SECONDS, BURST = (
    0.02,
    8,
)  # note-ons that may come together: a tenth of a second of three voices
NO_BEAT_SECONDS = 2.4  # the slowest bar line of a Link session, and more
BAD_LINES = re.compile(
    r"Traceback|Exception|Error\b(?!:? no)|was destroyed|never (retrieved|awaited)"
)
WHOLE_BAR = 0.35  # seconds; shorter ones come of a clock that jumps


def faults(heard):
    """Every fault as "kind: what", in the order of their weight."""
    checks = (
        _life, _log, _again, _osc_pairs, _midi_pairs, _channels, _stopped, _stands_still,
        _silent_bars, _bursts, _clock_out, _link,
    )  # fmt: skip
    return [fault for check in checks for fault in check(heard)]


def _life(heard):
    if heard.status != 0:
        yield f"exit: status {heard.status} by {heard.script.scene.by}"
    if heard.took > END_SECONDS + heard.worst:
        yield f"slow end: {heard.took:.1f} s"


def _log(heard):
    for line in heard.lines:
        if BAD_LINES.search(line):
            yield f"log: {line}"


def _again(heard):
    for what in heard.again:
        yield f"silence: {what}"


def _osc_pairs(heard):
    notes = [(m, (v[0], v[1]), v[2]) for m, a, v in heard.osc if a == "/note"]
    # a note-on that a stall has made too late is left out, and its note-off is not
    stalled = bool(_stalls(heard)) or heard.worst > TOO_LATE_SECONDS
    yield from (it for it in _pairs("OSC", notes) if not (stalled and it.startswith("stray")))


def _midi_pairs(heard):
    if heard.lost:
        return
    for name in ("synth", "virtual"):
        plugs = getattr(heard, name)
        for number, plug in enumerate(plugs):
            notes = [
                (m, (it[0] & 15, it[1]), it[2] if it[0] & 0xF0 == 0x90 else 0)
                for m, it in plug
                if it[0] & 0xE0 == 0x80
            ]
            yield from _pairs(f"{name}.{number}", notes, ends=number == len(plugs) - 1)


def _pairs(where, notes, *, ends=True):
    sounding = {}
    for moment, key, velocity in notes:
        if velocity and key in sounding:
            yield f"doubled note: {where} {key} at {moment:.3f}"
        elif not velocity and key not in sounding:
            yield f"stray note-off: {where} {key} at {moment:.3f}"
        if velocity:
            sounding[key] = moment
        else:
            sounding.pop(key, None)
    if ends and sounding:
        yield f"stuck note: {where} {sorted(sounding)}"


def _channels(heard):
    """Channels of others are spoken to in a panic only."""
    panics = [a for a, _, step in heard.did if step.values[:1] == ("/panic",)]
    for name, ours in OUR_CHANNEL.items():
        for plug in getattr(heard, name):
            strange = [(m, it) for m, it in plug if it[0] < 0xF0 and it[0] & 15 != ours]
            for moment, it in strange:
                if not any(0 <= moment - p < 1 + _stall_behind(heard, p) for p in panics):
                    yield f"channel of others: {name} {it}"
                    break


# --- what was asked for -------------------------------------------------------------------------


def _rolling(heard):
    """(moment, whether music was asked for), ascending; None where it cannot be said."""
    sync = heard.script.scene.sync and heard.script.scene.clock == "link"
    asked = [(0.0, None)]
    for begun, ended, step in heard.did:
        match step.who, step.does, step.values:
            case "osc", "send", ("/transport", "start" | "continue"):
                asked.append((ended, True))
            case ("osc", "send", ("/transport", "stop")) | ("osc", "send", ("/panic",)):
                asked.append((begun, False))
            case "osc", "send", ("/sync", on):
                sync = sync or bool(on)
            case "clock", "start" | "continue" | "again", _:
                asked.append((ended, True))
            case "clock", "stop", _:
                asked.append((begun, False))
            case "clock", "storm", _:
                asked += [(begun, None), (ended, True)]
            case "link", "play" | "stop", _:
                if sync:
                    asked.append((begun, None))
    asked.append((heard.signalled, False))
    return sorted(asked, key=lambda it: it[0])


def _spans(heard, wanted):
    """(from, to) of each time in which music was asked for, or was not."""
    asked = [*_rolling(heard), (float("inf"), None)]
    for (begun, is_on), (ended, _) in pairwise(asked):
        if is_on is wanted:
            yield begun, ended


def _stalls(heard):
    """(from, to) of each time in which the daemon stood still."""
    begun, spans = None, []
    for moment, _, step in heard.did:
        if (step.who, step.does) == ("daemon", "stall") and begun is None:
            begun = moment
        elif (step.who, step.does) == ("daemon", "go") and begun is not None:
            spans.append((begun, moment))
            begun = None
    last = heard.did[-1][1]
    return [*spans, *([(begun, heard.steady or last)] if begun is not None else [])]


def _stall_behind(heard, moment):
    """How long after a moment the daemon has stood still, and is busy with what has come."""
    return max((b - moment for a, b in _stalls(heard) if a - 0.1 <= moment < b), default=0.0)


def _is_calm(heard, begun, ended):
    return all(b + SOON < begun or a - SOON > ended for a, b in _stalls(heard))


def _strikes(heard):
    return [m for m, a, v in heard.osc if a == "/note" and v[2]]


def _stopped(heard):
    for begun, ended in _spans(heard, False):
        late = begun + SOON + heard.worst + _stall_behind(heard, begun)
        played = [m for m in _strikes(heard) if late < m < ended]
        if played:
            yield f"plays though stopped: {len(played)} notes, {played[0] - begun:.2f} s after"


def _stands_still(heard):
    beats = [m for m, a, _ in heard.osc if a == "/beat"]
    for begun, until in _spans(heard, True):
        ended = min(until, heard.signalled)
        marks = [begun, *(m for m in beats if begun < m < ended), ended]
        for a, b in pairwise(marks):
            still = sum(max(0, min(b, y) - max(a, x)) for x, y in _stalls(heard))
            if b - a - still > NO_BEAT_SECONDS + heard.worst and not _clock_is_silent(heard, a, b):
                yield f"stands still: no beat for {b - a - still:.1f} s"


def _clock_is_silent(heard, begun, ended):
    """Whether the leader's pulses, of which the first begins the music, were held back."""
    return any(
        step.who == "clock" and step.does in {"silence", "gap"} and begun - 1.5 < a < ended
        for a, _, step in heard.did
    )


def _silent_bars(heard):
    if heard.script.scene.release == "rest":
        return
    lines = [(m, v[0]) for m, a, v in heard.osc if a == "/beat" and v[1] == 0]
    notes = _sounding(heard)
    rolls, rests = list(_spans(heard, True)), _rests(heard)
    for (begun, bar), (ended, after) in pairwise(lines):
        inside = any(a + 0.1 < begun and ended < b for a, b in rolls)
        if not inside or after != bar + 1 or ended - begun < WHOLE_BAR:
            continue
        if not _is_calm(heard, begun, ended) or any(a < ended and begun < b for a, b in rests):
            continue
        if not any(a < ended and begun < b for a, b in notes):
            yield f"silent bar: bar {bar}, {ended - begun:.2f} s long"


def _sounding(heard):
    """(from, to) of each note."""
    begun, spans = {}, []
    for moment, address, values in heard.osc:
        if address == "/note":
            key = values[:2]
            if values[2]:
                begun[key] = moment
            elif key in begun:
                spans.append((begun.pop(key), moment))
    return [*spans, *((moment, float("inf")) for moment in begun.values())]


def _rests(heard):
    """(from, to) of each time in which no chord was asked to sound: its pad was released."""
    released, spans = None, []
    for begun, ended, step in heard.did:
        if step.values[:1] == ("/chord/release",):
            released = begun if released is None else released
        elif released is not None and step.values[:1] == ("/chord",):
            spans.append((released, ended + SOON))
            released = None
    return [*spans, *([(released, float("inf"))] if released is not None else [])]


def _bursts(heard):
    strikes = _strikes(heard)
    for _, ended in _stalls(heard):
        soon = [m for m in strikes if 0 <= m - ended < BURST_SECONDS]
        if len(soon) > BURST:
            yield f"burst: {len(soon)} notes within {BURST_SECONDS} s of a stall"


def _clock_out(heard):
    """Who follows our clock has stopped with us."""
    if heard.script.scene.clock_out == "false" or heard.lost:
        return
    plug = heard.virtual[-1]
    actions = [(m, it[0]) for m, it in plug if it[0] in {0xFA, 0xFB, 0xFC}]
    if actions and actions[-1][1] != 0xFC:
        yield "clock out: followers roll on after the end"
    if heard.stopped is not None:
        before = [kind for m, kind in actions if m < heard.signalled]
        if before and before[-1] != 0xFC:
            yield "clock out: followers roll on after the stop"


# --- the others in a Link session ---------------------------------------------------------------


def _link(heard):
    if not heard.link:
        return
    yield from _tempos(heard)
    did = [
        (a, b, s)
        for a, b, s in heard.did
        if s.does in {"play", "stop"} or s.values[:1] in {("/transport",), ("/chord",), ("/sync",)}
        or s.does in {"chord", "lost_off", "half", "roll"}
    ]  # fmt: skip
    scene = heard.script.scene
    shares = scene.sync or any(s.values == ("/sync", 1) for _, _, s in did)
    for (_, _, was), (moment, _, now) in pairwise(heard.link):
        if was == now:
            continue
        causes = [s for a, b, s in did if a <= moment < b + 0.5 + _stall_behind(heard, b)]
        own = any(s.who == "link" for s in causes)
        if not own and not (shares and causes):
            what = "ended" if moment > heard.signalled else "played"
            yield f"Link peer's transport: {was} -> {now} while Sideman {what}"
    if heard.link[-1][2] is False and _playing_at(heard, heard.signalled):
        yield "Link peer's transport: stopped by our end"


def _playing_at(heard, moment):
    return next((p for m, _, p in reversed(heard.link) if m <= moment), None)


def _tempos(heard):
    """The Link session has only the tempos that a step has set."""
    if any(step.values[:1] == ("/tap",) for _, _, step in heard.did):
        return
    asked = {heard.link[0][1]}
    for _, _, step in heard.did:
        if step.values[:1] == ("/tempo",) or (step.who, step.does) == ("link", "tempo"):
            asked |= {v for v in step.values if isinstance(v, float)}
    for _, tempo, _ in heard.link:
        if not any(abs(tempo - it) < 0.1 for it in asked):
            yield f"Link peer's tempo: {tempo:g}, which no step has set"
            return
