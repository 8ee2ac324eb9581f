"""Forty charts of standard forms, by name: vamps, blues, rhythm changes, AABA, bossas, waltzes.

A name that ends in "waltz" is in 3/4.
"""

FORMS = {
    # --- vamps and short cycles ---
    "one chord": "Dm7",
    "two chords": "Dm7 | G7",
    "two chords of two bars": "Gm7 | % | C7 | %",
    "Andalusian cadence": "Am | G | F | E7",
    "two chords a bar": "Am7 D7 | Bm7 E7",
    "turnaround": "C6 A7 | Dm7 G7",
    "long turnaround": "Em7 | A7 | Dm7 | G7",
    "modal vamp": "Dm7 | % | % | % | Ebm7 | % | Dm7 | %",
    "pop ballad": "C | G/B | Am | F | C | G/B | F | G",
    "doo-wop": "C Am | F G | C Am | F G | Em Am | Dm G | C F | C G",
    "canon": "D A | Bm F#m | G D | G A",
    "eight-bar gospel": "C | C7 | F | F#dim7 | C/G | A7 | D7 G7 | C G7",
    "descent in minor": "Am | Am/G | Fmaj7 | E7 | Am | Am/G | Bm7b5 | E7",
    # --- eight and twelve bars ---
    "eight-bar blues": "C7 | G7 | F7 | % | C7 | G7 | C7 F7 | C7 G7",
    "plain blues": "C7 | % | % | % | F7 | % | C7 | % | G7 | F7 | C7 | G7",
    "quick-change blues": "F7 | Bb7 | F7 | % | Bb7 | % | F7 | D7 | Gm7 | C7 | F7 D7 | Gm7 C7",
    "bebop blues": "F6 | Em7b5 A7 | Dm7 G7 | Cm7 F7 | Bb7 | Bbm7 Eb7 | Am7 | Abm7 Db7 | Gm7 | C7 "
                   "| Am7 D7 | Gm7 C7",
    "minor blues": "Cm7 | % | % | % | Fm7 | % | Cm7 | % | Ab7 | G7 | Cm7 | G7",
    "altered minor blues": "Gm7 | Cm7 | Gm7 | G7b9 | Cm7 | % | Gm7 | % | Eb7 | D7 | Gm7 Eb7 "
                           "| Am7b5 D7",
    "major-seventh blues": "Bbmaj7 | Am7b5 D7 | Gm7 C7 | Fm7 Bb7 | Ebmaj7 | Ebm7 Ab7 | Dm7 | G7 "
                           "| Cm7 | F7 | Dm7 G7 | Cm7 F7",
    "blues waltz": "G7 | % | % | % | C7 | % | G7 | % | Am7 | D7 | G7 | D7",
    "minor blues waltz": "Dm7 | % | % | % | Gm7 | % | Dm7 | % | Bb7 | A7 | Dm7 | A7",
    # --- sixteen bars ---
    "sixteen-bar blues": "C7 | % | % | % | C7 | % | % | % | F7 | % | C7 | % | G7 | F7 | C7 | G7",
    "gospel sixteen": "F | F7 | Bb | Bdim7 | F/C | Dm7 | G7 | C7 | F | F7 | Bb | Bdim7 | F/C "
                      "| C7 | F Bb | F C7",
    "bossa of sixteen": "Fmaj7 | % | G7 | % | Gm7 | Gb7 | Fmaj7 | Gb7 | Fmaj7 | % | G7 | % | Gm7 "
                        "| Gb7 | Fmaj7 | %",
    "minor bossa": "Cm7 | % | Fm7 | % | Dm7b5 | G7 | Cm7 | % | Ebm7 | Ab7 | Dbmaj7 | % | Dm7b5 "
                   "| G7 | Cm7 | Dm7b5 G7",
    "fifths in minor": "Am7 | D7 | Gmaj7 | Cmaj7 | F#m7b5 | B7 | Em | % | F#m7b5 | B7 | Em | % "
                       "| Am7 | D7 | Gmaj7 | B7",
    "major thirds": "Bmaj7 D7 | Gmaj7 Bb7 | Ebmaj7 | Am7 D7 | Gmaj7 Bb7 | Ebmaj7 F#7 | Bmaj7 "
                   "| Fm7 Bb7 | Ebmaj7 | Am7 D7 | Gmaj7 | C#m7 F#7 | Bmaj7 | Fm7 Bb7 | Ebmaj7 "
                   "| C#m7 F#7",
    "folk waltz": "C | % | F | C | Am | D7 | G7 | % | C | % | F | C | Am | Dm G7 | C | G7",
    "jazz waltz": "Cmaj7 | Am7 | Dm7 | G7 | Em7 | A7 | Dm7 | G7 | Gm7 | C7 | Fmaj7 | Bb7 "
                  "| Em7 A7 | Dm7 G7 | Cmaj7 | G7",
    "hymn": "G | C G | G | D | G | C G | Em D | G | D | G | C G | A7 D | G | C G | Em D | G",
    # --- twenty-four and thirty-two bars ---
    "blues with a bridge": "C7 | F7 | C7 | % | F7 | % | C7 | % | Dm7 | G7 | C7 | G7 "
                           "| E7 | % | A7 | % | D7 | % | G7 | % | C7 | F7 | C7 A7 | D7 G7",
    "rhythm changes": "Bb6 G7 | Cm7 F7 | Dm7 G7 | Cm7 F7 | Fm7 Bb7 | Eb6 Ebm6 | Dm7 G7 | Cm7 F7 "
                      "| Bb6 G7 | Cm7 F7 | Dm7 G7 | Cm7 F7 | Fm7 Bb7 | Eb6 Ebm6 | Cm7 F7 | Bb6 "
                      "| D7 | % | G7 | % | C7 | % | F7 | % "
                      "| Bb6 G7 | Cm7 F7 | Dm7 G7 | Cm7 F7 | Fm7 Bb7 | Eb6 Ebm6 | Cm7 F7 | Bb6 F7",
    "modal AABA": "Dm7 | % | % | % | % | % | % | % | Dm7 | % | % | % | % | % | % | % "
                  "| Ebm7 | % | % | % | % | % | % | % | Dm7 | % | % | % | % | % | % | %",
    "ballad AABA": "Ebmaj7 | Cm7 F7 | Fm7 | Bb7 | Gm7 C7 | Fm7 Bb7 | Gm7 Gb7 | Fm7 Bb7 "
                   "| Ebmaj7 | Cm7 F7 | Fm7 | Bb7 | Gm7 C7 | Fm7 Bb7 | Ebmaj7 Ab7 | Ebmaj7 "
                   "| Bbm7 | Eb7 | Abmaj7 | % | Am7b5 D7 | Gm7 C7 | Cm7 F7 | Fm7 Bb7 "
                   "| Ebmaj7 | Cm7 F7 | Fm7 | Bb7 | Gm7 C7 | Fm7 Bb7 | Ebmaj7 C7 | Fm7 Bb7",
    "standard ABAC": "Gmaj7 | % | Gm7 | C7 | Fmaj7 | % | Fm7 | Bb7 | Ebmaj7 | % | Am7 | D7 "
                     "| Gm | % | Am7b5 | D7 | Gmaj7 | % | Gm7 | C7 | Fmaj7 | % | Fm7 | Bb7 "
                     "| Ebmaj7 | Am7 D7 | Bm7 | Bb7 | Am7 | D7 | Gmaj7 | Am7 D7",
    "minor standard": "Cm7 | F7 | Bbmaj7 | Ebmaj7 | Am7b5 | D7 | Gm | % "
                      "| Cm7 | F7 | Bbmaj7 | Ebmaj7 | Am7b5 | D7 | Gm | % "
                      "| Am7b5 | D7 | Gm | % | Cm7 | F7 | Bbmaj7 | % "
                      "| Am7b5 | D7 | Gm7 C7 | Fm7 Bb7 | Ebmaj7 | D7 | Gm | D7",
    "fourths through keys": "Fm7 | Bbm7 | Eb7 | Abmaj7 | Dbmaj7 | G7 | Cmaj7 | % "
                            "| Cm7 | Fm7 | Bb7 | Ebmaj7 | Abmaj7 | D7 | Gmaj7 | % "
                            "| Am7 | D7 | Gmaj7 | % | F#m7 | B7 | Emaj7 | C7 "
                            "| Fm7 | Bbm7 | Eb7 | Abmaj7 | Dbmaj7 | Gb7 | Abmaj7 | G7 C7",
    "bossa of thirty-two": "Dmaj7 | % | E7 | % | Em7 | A7 | Dmaj7 | Eb7 "
                           "| Dmaj7 | % | E7 | % | Em7 | A7 | Dmaj7 | % "
                           "| Ebmaj7 | % | Ab7 | % | Ebm7 | % | B7 | % "
                           "| F#m7 | B7 | Em7 | A7 | F#m7 | B7 | Em7 | A7",
    "thirty-two-bar waltz": "Fmaj7 | Dm7 | Gm7 | C7 | Am7 | D7 | Gm7 | C7 "
                            "| Fmaj7 | Dm7 | Gm7 | C7 | Am7 | D7 | G7 | C7 "
                            "| Cm7 | F7 | Bbmaj7 | % | Bbm7 | Eb7 | Am7 | D7 "
                            "| Gm7 | C7 | Am7 | D7 | Gm7 | C7 | Fmaj7 | Gm7 C7",
}  # fmt: skip
