// The songs of a set: which one is played, its place, and the one that begins at the next bar line.

import { $, make } from "./dom.js";

export const buildSongs = ({ connection, store }) => {
  const select = $("song");
  const show = () => {
    const coming = store.get("/song/coming") || "";
    select.value = coming || store.get("/song") || "";
    $("place").textContent = store.get("/song/place") || "";
    $("coming").textContent = coming ? "at the next bar" : "";
    $("set").classList.toggle("coming", Boolean(coming));
  };
  store.watch("/songs", (text) => {
    const names = text ? text.split("\n") : [];
    $("set").hidden = !names.length;
    select.replaceChildren(...names.map((name, place) => make("option", { value: name, text: `${place + 1}. ${name}` })));
    show();
  });
  for (const address of ["/song", "/song/place", "/song/coming"]) store.watch(address, show);
  select.onchange = () => {
    if (connection.live) connection.send("/song", select.value);
    else show();
  };
  store.onReject("/song", () => {
    show();
    return false;
  });
  $("song-before").onclick = () => connection.send("/song/previous");
  $("song-next").onclick = () => connection.send("/song/next");
  $("reload").onclick = () => connection.send("/set/reload");
};
