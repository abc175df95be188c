// Small things that several tables have.

import { draw, make, mark, say } from "./dom.js";
import { ago } from "./numbers.js";

const SIZE = { wide: 72, high: 20 };
const FEW = 50;
export const kinds = { spark: { class: "spark", viewBox: `0 0 ${SIZE.wide} ${SIZE.high}`, width: SIZE.wide, height: SIZE.high, "aria-hidden": "true" } };

/** A line of how it went lately. */
export function spark(svg, values) {
  const most = Math.max(...values, 0);
  const step = SIZE.wide / Math.max(1, values.length - 1);
  const points = values.map((value, place) => `${(place * step).toFixed(1)},${(SIZE.high - 2 - (most ? value / most : 0) * (SIZE.high - 4)).toFixed(1)}`);
  const line = svg.firstElementChild ?? svg.appendChild(draw("polyline", {}));
  mark(line, "points", values.length > 1 && most ? points.join(" ") : null);
}

/** A word with a colour and, for those who do not see it, a sign. */
export const badge = () => make("span", { class: "badge" });

export function judge(element, kind, text) {
  mark(element, "class", `badge ${kind}`);
  say(element, text);
}

/** A moment, as long ago; the moment itself where one points at it. */
export function moment(element, when) {
  say(element, ago(when));
  const date = new Date(when);
  if (Number.isNaN(date.getTime())) return;
  mark(element, "datetime", date.toISOString());
  mark(element, "title", date.toLocaleString());
}

/** Where there are many, a box to find some by name, those with trouble first, and only the first few shown. */
export function finder(host, label, again) {
  const box = make("input", { type: "search", placeholder: `Find ${label}`, "aria-label": `Find ${label}`, autocomplete: "off", spellcheck: "false", input: again });
  const count = make("span", { class: "help", role: "status" });
  const every = make("button", { type: "button", class: "quiet", click: () => ((every.all = true), again()) }, "Show all");
  const row = make("div", { class: "finder", hidden: true }, box, count, every);
  host.prepend(row);
  return (items, trouble) => {
    row.hidden = items.length <= 8 && !box.value;
    const found = items.filter(({ name }) => name.includes(box.value.trim()));
    const many = found.length > FEW && !every.all;
    every.hidden = !many;
    say(count, many ? `${FEW} of ${found.length}, those with trouble first` : "");
    return many ? [...found.filter(trouble), ...found.filter((item) => !trouble(item))].slice(0, FEW) : found;
  };
}
