# ruff: noqa: RUF001 - the signs that players type and paste
"""Charts as musicians type and paste them, each with the bars that it means.

The expected bars are in the order played, `.` where the chord goes on; repeats without a number are
written out twice. Each chord stands on its share of the bar, `/` is a beat.
"""

import pytest

from perform.music.chart import bar_texts, parse_chart
from perform.runtime.chart_events import unrolled

ONE_LINE = {
    # bars
    "C7 | F7 | C7 | %": "C7 | F7 | C7 | .",
    "| C7 | F7 | C7 | % |": "C7 | F7 | C7 | .",
    "|| C | F || G | C |]": "C | F | G | C",
    "[| C | F |]": "C | F",
    "C|F|G": "C | F | G",
    "C |F| G": "C | F | G",
    "C |  | F": "C | . | F",
    "C | | | F": "C | . | . | F",
    "| C |   |   | F |   |": "C | . | . | F | .",
    "| C ||  F |": "C | F",
    "|  | C |": "N.C. | C",
    "C │ F ┃ G ∣ A": "C | F | G | A",
    "C ‖ F": "C | F",
    "C\xa0|\u2003F\t| G": "C | F | G",
    "C | F\r\nG | Am\r\n": "C | F | G | Am",
    "C | F\rG | Am": "C | F | G | Am",
    "C | F |\n| G | Am |": "C | F | G | Am",
    "\ufeffC | F": "C | F",
    "\U0001d106 C \U0001d100 F \U0001d107 G": "C | F | C | F | G",
    # beats
    "C7 / / / | F7 / G7 /": "C7 | F7 G7",
    "C7 //// | F //": "C7 | F",
    "C7 / / F7": "C7 / / F7",
    "C - - - | F . G .": "C | F G",
    "C – – G | F — — —": "C / / G | F",
    "C | / / / / | F": "C | . | F",
    "C | / / F /": "C | / F",
    "C F G7": "C / F G7",
    "3/4 C F G7 | C / G7": "C F G7 | C / G7",
    "C / / / / / F /": "C / / F",
    "C F G A B C D E F G A B": "C F G A B C D E F G A B",
    "C - Am - F - G": "C Am F G",
    "C-Am-F-G | C–Am | Dm7>G7 | C → F": "C Am F G | C Am | Dm7 G7 | C F",
    "C, Am, F, G": "C Am F G",
    # repeats of bars
    "Dm7 G7 | % | C": "Dm7 G7 | Dm7 G7 | C",
    "Dm7 | % G7 | %": "Dm7 | / G7 | Dm7 G7",
    "C | Am | %% | F": "C | Am | C | Am | F",
    "C | Am | .//. | F | ./.": "C | Am | C | Am | F | .",
    "C | \U0001d10e | F": "C | . | F",
    "C | F | \U0001d10f": "C | F | C | F",
    # repeats
    "|: C | F :| G": "C | F | C | F | G",
    "|: C | F :| x3": "C | F | C | F | C | F",
    "|: C | F :|x3 G": "C | F | C | F | C | F | G",
    "|: C | F :| (3x) G": "C | F | C | F | C | F | G",
    "|: C | F :| (x2)": "C | F | C | F",
    "|: C | F :| ×3": "C | F | C | F | C | F",
    "|: C | F :| 3 times": "C | F | C | F | C | F",
    "||: C | F :||": "C | F | C | F",
    "|: C | F :|: G | A :|": "C | F | C | F | G | A | G | A",
    "|: C | F :||: G | A :|": "C | F | C | F | G | A | G | A",
    "{ C | F } G": "C | F | C | F | G",
    "C | F x2": "C | F | C | F",
    "C | F | x2\nG": "C | F | C | F | G",
    "|: C | % | F :| x2": "C | . | F | C | . | F",
    "Am |: % | F :| x2": "Am | . | F | Am | F",
    # endings
    "|: C | F |1. G7 | % :|2. G7 | C ||": "C | F | G7 | . | C | F | G7 | C",
    "|: C |1 F :|2 G": "C | F | C | G",
    "|: C |[1. F :|[2. G": "C | F | C | G",
    "|: C |1) F :|2) G": "C | F | C | G",
    "|: C |1st F :|2nd G": "C | F | C | G",
    "|: C |1st ending F :|2nd ending G": "C | F | C | G",
    "|: C |1. F :|2. G :|3. Am": "C | F | C | G | C | Am",
    "|: C |1.2. F :|3. G": "C | F | C | F | C | G",
    "|: C |1-3. F :|4. G": "C | F | C | F | C | F | C | G",
    "|: C |1, 2. F :|3. G": "C | F | C | F | C | G",
    "|: C |N1 F :|N2 G": "C | F | C | G",
    "C |1. F :|2. G": "C | F | C | G",
    "C |1. F |2. G": "C | F | C | G",
    "|: C |1. F :| G": "C | F | C | G",
    "Am |: C |1. F :|2. G |: D :| x2": "Am | C | F | C | G | D | D",
    "|: C |1. F :|2. G || |: D |1. E :|2. A ||": "C | F | C | G | D | E | D | A",
    "|: C |1. F | % :|2. % | G": "C | F | . | C | F | G",
    # jumps
    "C | F Fine | G | Am D.C. al Fine": "C | F | G | Am | C | F",
    "C | F (Fine) | G | Am (D.C. al Fine)": "C | F | G | Am | C | F",
    "C | F Fine | G | Am D.C.": "C | F | G | Am | C | F",
    "C | F | G DC": "C | F | G | C | F | G",
    "C | F Fine | G | Am\nDC al fine": "C | F | G | Am | C | F",
    "C | F Fine | G | Am | Da Capo al Fine": "C | F | G | Am | C | F",
    "C | § F | G Fine | Am | D.S. al Fine": "C | F | G | Am | F | G",
    "C | 𝄋 F | To Coda G | D7 DS al Coda | Coda Am": "C | F | G | D7 | F | Am",
    "C | Segno F To Coda | G D.S. al Coda | Coda Am": "C | F | G | F | Am",
    "C | ⊕ F | G D.C. al ⊕ | ⊕ Am": "C | F | G | C | Am",
    "C | F | to coda G | Am D.C. al coda\nCoda: Dm": "C | F | G | Am | C | F | Dm",
    "C | F | to coda G | Am D.C. al coda\n[Coda]\nDm": "C | F | G | Am | C | F | Dm",
    "|: C | F :| x2 G Fine | Am D.C. al Fine": "C | F | C | F | G | Am | C | F | G",
    "|: C |1. F :|2. G Fine | Am D.C. al Fine": "C | F | C | G | Am | C | G",
    # basses, alternates, no chord
    "F | /E | Dm7 | /C G7/B": "F | F/E | Dm7 | Dm7/C G7/B",
    "C /E /G": "C / C/E C/G",
    "C7(Gm7) | F7 (Cm7 F7)": "C7 | F7",
    "C7 [Gm7] | F7": "C7 | F7",
    "(Dm7 G7) | C": "Dm7 G7 | C",
    "C7 (b9) | F (maj7)": "C7b9 | Fmaj7",
    "C7(b9, 13) | F": "C13b9 | F",
    "C | N.C. | nc | NC F": "C | N.C. | N.C. | N.C. F",
    # hits and holds
    "C7> | F7! | <G7> | C7~": "C7 | F7 | G7 | C7",
    "C7 hit | F7 (hold) | G7 stop": "C7 | F7 | G7",
    '"swing" C7 | "break" F7 | <13 bars> G7': "C7 | F7 | G7",
    # signs
    "B♭maj7 | E♭−7 | Aø7 D7♭9 | F♯°7": "Bbmaj7 | Ebm7 | Am7b5 D7b9 | F#dim7",
    "D–7 | G7": "Dm7 | G7",
    "C∆ | C△7 | C^7 | CM7": "Cmaj7 | Cmaj7 | Cmaj7 | Cmaj7",
    # headings
    "A: Dm7 G7 | Cmaj7": "Dm7 G7 | Cmaj7",
    "[A] C | F\n[B] G": "C | F | G",
    "*A C | F\n*B G": "C | F | G",
    "A) C | F\nB) G": "C | F | G",
    "Verse C | F\nChorus G | Am": "C | F | G | Am",
    "Intro\nC | F\n\nCHORUS 2\nG": "C | F | G",
    "(A)\nC | F": "C | F",
    "(Intro)\nC | F\n(Verse 2)\nG": "C | F | G",
    "♩ = 120\nC | F": "C | F",
    "Am7 : | G7": "Am7 | Am7 | G7",
    "[A1] C | F\n[A2] G": "C | F | G",
    "Verse 1:\nC | F\nChorus:\nG | Am\nVerse 2: C\nChorus:": "C | F | G | Am | C | G | Am",
    "[A] x2\nC | F\n[B]\nG": "C | F | C | F | G",
    "Chorus x2: C | F": "C | F | C | F",
    "Blue Bossa\nKenny Dorham\nCm7 | Fm7": "Cm7 | Fm7",
    "Title: Blues in F\nKey: F\nTempo: 120\nF7 | Bb7": "F7 | Bb7",
    "{title: Song}\n{start_of_verse}\nC | F\n{end_of_verse}": "C | F",
    "Solo on the form\nC | F": "C | F",
    "# a comment\n#another\n// and one\nC | F # the turn": "C | F",
    # metres
    "4/4 C | 3/4 F | G": "C | F | G",
    "T34 C | F": "C | F",
    "2/2 C | F": "C | F",
    "Time: 6/8\nC | F G": "C | F G",
    "(3/4) C | [4/4] F": "C | F",
    # lines
    "[Am] [F] [C] [G]": "Am F C G",
    "C G\nSomewhere over the rainbow\nAm F": "C G | Am F",
}  # fmt: skip


@pytest.mark.parametrize("text", ONE_LINE)
def test_a_chart_has_the_bars_that_its_writer_means(text):
    wanted = parse_chart(ONE_LINE[text].replace(" . ", " / ").replace("| .", "| /"))
    if "3/4" in text or "6/8" in text or "T34" in text:
        assert [[it for _, it in bar] for bar in unrolled(parse_chart(text)).bars] == [
            [it for _, it in bar] for bar in wanted.bars
        ]
        return
    assert unrolled(parse_chart(text)).bars == wanted.bars
    assert len(bar_texts(text)) == len(parse_chart(text).bars)
