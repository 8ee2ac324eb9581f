// Names of notes and chords, and the colour of each voice.

export const ROOTS = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
const LETTERS = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };
const ROLE_COLOURS = { lead: "#ffb454", answer: "#ff7a96", bass: "#49d6cf", pad: "#b59cff" };
const OTHER_COLOURS = [
  "#8ee26b", "#6cb8ff", "#ffe66d", "#f29bff", "#f1ebe1", "#f0653c",
  "#4d8dff", "#c9a27a", "#c6f135", "#ff5fc4", "#9aa3b5", "#7fe8c3",
];

export const pitchClass = (name) => {
  let pc = LETTERS[name[0]];
  for (const sign of name.slice(1)) pc += sign === "#" ? 1 : -1;
  return (pc + 12) % 12;
};

// {name, root, quality, bass} of a symbol as Sideman writes it; null for no chord.
export const parseChord = (symbol) => {
  const found = /^([A-G][#b]*)([^/]*(?:\/9[^/]*)?)(?:\/([A-G][#b]*))?$/.exec(symbol || "");
  if (!found) return null;
  return { name: found[1], root: pitchClass(found[1]), quality: found[2], bass: found[3] || "" };
};

const glyphs = (text) => text.replaceAll("#", "♯").replaceAll("b", "♭");
export const rootName = (name) => name[0] + glyphs(name.slice(1));
const printedQuality = (quality) => quality.replace(/b(?=\d)/g, "♭").replace(/#(?=\d)/g, "♯");
export const qualityName = (quality) => (quality ? printedQuality(quality) : "major");

// [root, quality, bass] of a symbol, as they are printed.
export const printedChord = (symbol) => {
  const chord = parseChord(symbol);
  if (!chord) return [symbol && symbol !== "N.C." ? symbol : "–", "", ""];
  return [rootName(chord.name), printedQuality(chord.quality), chord.bass && `/${rootName(chord.bass)}`];
};

export const pitchName = (pitch) => rootName(ROOTS[pitch % 12]) + (Math.floor(pitch / 12) - 1);

// The colour of each voice by name: its role's, and another one for each further voice of that role.
export const voiceColours = (voices) => {
  const taken = new Set(), colours = new Map();
  const unused = Object.keys(ROLE_COLOURS).filter((role) => !voices.some((it) => it.role === role));
  const others = [...OTHER_COLOURS, ...unused.map((role) => ROLE_COLOURS[role])];
  let next = 0;
  for (const { name, role } of voices) {
    const colour = taken.has(role) ? others[next++ % others.length] : ROLE_COLOURS[role];
    taken.add(role);
    colours.set(name, colour);
  }
  return colours;
};

// The bars of a chart, as Sideman counts them: [{text, opens, closes}].
export const parseBars = (text) =>
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
