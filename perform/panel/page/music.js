// What the page has to know of music: the names of notes and chords, and the colour of each voice.

export const ROOTS = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
const LETTERS = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };
const COLOURS = { lead: "#ffb454", answer: "#ff7a96", bass: "#49d6cf", pad: "#b59cff" };
const OTHERS = [
  "#8ee26b", "#6cb8ff", "#ffe66d", "#f29bff", "#f1ebe1", "#f0653c",
  "#4d8dff", "#c9a27a", "#c6f135", "#ff5fc4", "#9aa3b5", "#7fe8c3",
];

export const pitchClass = (name) => {
  let pc = LETTERS[name[0]];
  for (const sign of name.slice(1)) pc += sign === "#" ? 1 : -1;
  return (pc + 12) % 12;
};

// {root, quality, bass} of a symbol as Sideman writes it; null for no chord.
export const parse = (symbol) => {
  const found = /^([A-G][#b]*)([^/]*(?:\/9[^/]*)?)(?:\/([A-G][#b]*))?$/.exec(symbol || "");
  if (!found) return null;
  return { name: found[1], root: pitchClass(found[1]), quality: found[2], bass: found[3] || "" };
};

const glyphs = (text) => text.replaceAll("#", "♯").replaceAll("b", "♭");
export const rootName = (name) => name[0] + glyphs(name.slice(1));
const qualityName = (quality) => quality.replace(/b(?=\d)/g, "♭").replace(/#(?=\d)/g, "♯");
export const kindName = (quality) => (quality ? qualityName(quality) : "major");

// A symbol as it is printed: the root, what kind, the bass.
export const written = (symbol) => {
  const chord = parse(symbol);
  if (!chord) return [symbol && symbol !== "N.C." ? symbol : "–", "", ""];
  return [rootName(chord.name), qualityName(chord.quality), chord.bass && `/${rootName(chord.bass)}`];
};

export const pitchName = (pitch) => rootName(ROOTS[pitch % 12]) + (Math.floor(pitch / 12) - 1);

// The colour of each voice by name: its role's, or where two have one role another, of a role that nobody has at last.
export const colours = (voices) => {
  const taken = new Set(), given = new Map();
  const others = [...OTHERS, ...Object.keys(COLOURS).filter((role) => !voices.some((it) => it.role === role)).map((role) => COLOURS[role])];
  let next = 0;
  for (const { name, role } of voices) {
    const colour = taken.has(role) ? others[next++ % others.length] : COLOURS[role];
    taken.add(role);
    given.set(name, colour);
  }
  return given;
};

// The bars of a chart as Sideman counts them: [{text, opens, closes}].
export const bars = (text) =>
  text
    .split("\n")
    .filter((line) => !line.trimStart().startsWith("# "))
    .flatMap((line) => line.split("|"))
    .filter((cell) => cell.replace(/[ \t\r:]/g, ""))
    .map((cell) => {
      const inside = cell.trim();
      return {
        text: inside.replace(/^:|:$/g, "").trim(),
        opens: inside.startsWith(":"),
        closes: inside.endsWith(":"),
      };
    });
