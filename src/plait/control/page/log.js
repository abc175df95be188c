// What happens, as it happens.

import { make } from "./dom.js";
import { moment } from "./parts.js";

const MOST = 100;
const MANY = 12;
const LONG = 500;
const OWN = ["time", "kind"];
const NAMES = ["predictor", "graph", "worker", "revision", "source", "outcome", "author", "reason", "message", "error"];

export class Log {
  constructor(list) {
    this.list = list;
  }

  /** Put an event on top. */
  add({ kind, data }) {
    let facts = {};
    try {
      facts = JSON.parse(data);
    } catch {
      facts = { message: data };
    }
    if (typeof facts !== "object" || facts === null) facts = { message: String(facts) };
    const time = make("time");
    moment(time, facts.time ?? new Date().toISOString());
    const rest = Object.keys(facts).filter((name) => !NAMES.includes(name) && !OWN.includes(name));
    const told = [...NAMES, ...rest].filter((name) => facts[name] != null && facts[name] !== "").slice(0, MANY);
    const words = told.map((name) => make("span", { class: "fact" }, make("span", { class: "help" }, `${name} `), text(facts[name])));
    this.list.prepend(make("li", {}, make("div", { class: "line" }, make("b", {}, kind), time), make("div", { class: "facts" }, ...words)));
    while (this.list.childElementCount > MOST) this.list.lastElementChild.remove();
  }

  /** Have the times be as long ago as they are now. */
  age() {
    for (const time of this.list.querySelectorAll("time")) moment(time, time.dateTime);
  }

  clear() {
    this.list.replaceChildren();
  }
}

function text(value) {
  const words = typeof value === "object" ? JSON.stringify(value) : String(value);
  return words.length > LONG ? `${words.slice(0, LONG)}…` : words;
}
