"""Prints how a bundle is told apart over charts by which no setting of it was chosen.

`python tests/bench/unseen.py [--bundle sideman] [--seeds 3] [--sheets FOLDER] [book sheets folk]`

For each reference that is named (our own book; lead sheets of FOLDER; tunes of music21's corpus):
the bundle over 24 standard forms of `tests/forms.py`, and over 24 songs of FOLDER, at each seed; an
order-3 chain of the same reference over the same charts; and one half of the reference against the
other, which is the floor. Areas are those of `training judge`; bits are of sequence models that
learned the reference's other folds. Charts have the feels and tempi of our book's choruses; beside
sheets and tunes they are straight, as those are written. It asserts nothing; a reference takes
three to six minutes of a processor (`--no-bits`: half of it).
"""

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from forms import FORMS  # noqa: E402

from perform.commands.render import play_chart  # noqa: E402
from perform.config.voices import VoiceConfig  # noqa: E402
from perform.music.chart import parse_chart  # noqa: E402
from perform.music.note import TICKS_PER_BAR  # noqa: E402
from perform.outputs.midi_file import MidiFileOutput  # noqa: E402
from training.data.corpus import read_pieces  # noqa: E402
from training.data.lead_sheet import read_folder  # noqa: E402
from training.data.piece import Piece  # noqa: E402
from training.data.piece_files import own_melodies, read_midi  # noqa: E402
from training.judge import chain, sequence  # noqa: E402
from training.judge.classifier import compare_windows  # noqa: E402
from training.judge.figures import figures  # noqa: E402
from training.judge.judgement import halves  # noqa: E402
from training.judge.memory import memorisation  # noqa: E402
from training.judge.sources import chart_chords, chart_text, spread  # noqa: E402
from training.judge.windows import windows  # noqa: E402

CHARTS = 24
FEWEST_BARS, MOST_BARS = 16, 40
TUNES = 100  # of a reference that is not our book
FOLK = ("nottingham-dataset", "ryansMammoth")
FIRST_SEED = 1001
VIEWS = ("all", "pitch", "rhythm", "shape", "matched")
SHOWN = (
    "quavers", "long_runs", "semitones", "by_step", "ties", "last_note", "phrase_beats", "returns",
    "strong", "outside", "notes_a_bar",
)  # fmt: skip


def chart_piece(name, text, like, feel):
    """A chart as a piece without notes, of 16 bars or more, with the tempo of a chorus."""
    bars = len(parse_chart(text).bars)
    times = -(-FEWEST_BARS // bars)
    ticks = times * bars * TICKS_PER_BAR
    chords = chart_chords(" | ".join([text] * times))
    return Piece(name, (), chords, ticks, feel or like.feel, tempo=like.tempo)


def form_charts(feel=None):
    """Charts of standard forms in 4/4."""
    names = spread([name for name in FORMS if "waltz" not in name], CHARTS)
    likes = spread(own_melodies(), CHARTS)
    return [
        chart_piece(name, FORMS[name], like, feel) for name, like in zip(names, likes, strict=True)
    ]


def song_charts(sheets, feel=None):
    """Charts of lead sheets of 16 to 40 bars that have a chord everywhere."""
    fit = [
        it
        for it in sheets
        if FEWEST_BARS <= it.bars <= MOST_BARS
        and it.chords[0][0] == 0
        and all(chord for _, chord in it.chords)
    ]
    likes = spread(own_melodies(), CHARTS)
    return [
        chart_piece(it.name, chart_text(it), like, feel)
        for it, like in zip(spread(fit, CHARTS), likes, strict=True)
    ]


def played(bundle, charts, seed):
    """What a bundle plays over charts, by the real engine, as `training judge` renders it."""
    pieces = []
    with tempfile.TemporaryDirectory() as folder:
        for number, chart in enumerate(charts):
            target = Path(folder) / f"{number}.mid"
            voice = VoiceConfig(name="lead", model=bundle, feel=chart.feel)
            output = MidiFileOutput(target, {"lead": 1}, chart.tempo)
            play_chart(parse_chart(chart_text(chart)), voice, seed + number, [output])
            output.close()
            line = read_midi(target)
            pieces.append(chart._replace(notes=line.notes, player=bundle))
    return pieces


def row(name, found, bits=None, more=""):
    """Print a row of the table."""
    areas = [
        f"{found[view].auc:.2f} ({found[view].error:.2f})" if view in found else ""
        for view in VIEWS
    ]
    shown = [f"{bits.onset[0]:.2f}", f"{bits.pitch[0]:.2f}"] if bits else ["", ""]
    print(f"| {' | '.join([name, *areas, *shown, more])} |", flush=True)


def compare(name, source, reference, seed, with_bits):
    """Print how a source is told apart; return its figures."""
    bits = sequence.over_folds(source, reference)["source"] if with_bits else None
    copies = memorisation(source, reference)
    row(
        name,
        compare_windows(windows(source), windows(reference), seed),
        bits,
        f"{copies.copies:.1%}; {copies.longest}",
    )
    return figures(source)


def judge(reference, charts, given):
    """Print the table of one reference, and the figures beside it."""
    seeds = [FIRST_SEED + 1000 * number for number in range(given.seeds)]
    print(
        f"| told apart from {len(reference)} | {' | '.join(VIEWS)} | onset | pitch | copies; run |"
    )
    print(f"|{' --- |' * (len(VIEWS) + 4)}")
    seen = {}
    for kind, over in charts.items():
        for seed in seeds:
            name = f"{given.bundle}, {kind}, seed {seed}"
            lines = played(given.bundle, over, seed)
            seen[name] = compare(name, lines, reference, seed, given.bits)
    table = chain.learn(reference)
    for kind, over in charts.items():
        made = [chain.improvise(table, chart, number) for number, chart in enumerate(over)]
        name = f"order-3 chain, {kind}"
        seen[name] = compare(name, made, reference, seeds[0], given.bits)
    for seed in seeds:
        one, other = halves(reference, seed)
        found = compare_windows(windows(one), windows(other), seed)
        row(f"half of the reference, seed {seed}", found)
    if given.bits:
        held = sequence.over_folds(reference[:1], reference)["held out"]
        print(f"held out: onset {held.onset[0]:.2f}, pitch {held.pitch[0]:.2f}")
    seen["reference"] = figures(reference)
    for name, found in seen.items():
        print(f"{name}: " + ", ".join(f"{it} {found[it].mean:.2f}" for it in SHOWN), flush=True)


def main():
    """Judge by each reference that is named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bundle", default="sideman")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sheets", type=Path, help="a folder of lead sheets (MusicXML)")
    parser.add_argument("--no-bits", dest="bits", action="store_false")
    parser.add_argument(
        "references", nargs="*", default=["book"], choices=["book", "sheets", "folk"]
    )
    given = parser.parse_args()
    sheets = read_folder(given.sheets)[0] if given.sheets else ()
    if "sheets" in given.references and not sheets:
        parser.error("name the folder of lead sheets: --sheets FOLDER")
    for name in given.references:
        feel = None if name == "book" else "straight"
        charts = {"forms": form_charts(feel)}
        if sheets:
            charts["songs"] = song_charts(sheets[::2], feel)
        print(f"\nReference: {name}", flush=True)
        if name == "book":
            reference = own_melodies()
        elif name == "sheets":
            reference = spread(sheets[1::2], TUNES)
        else:
            reference = spread(read_pieces(FOLK, limit=TUNES)[0], TUNES)
        judge(reference, charts, given)


if __name__ == "__main__":
    main()
