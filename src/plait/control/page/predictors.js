// The predictors: whether they answer, how, and the buttons that take them out and in again.

import { Table, make, mark, say } from "./dom.js";
import { NOTHING, amount, duration, percent, quantile } from "./numbers.js";
import { badge, finder, judge } from "./parts.js";

const failed = (status) => !["ok", "cancelled", "skipped"].includes(status);
const out = (replica) => replica.ejected || replica.unwell;
const DEEDS = {
  exclude: ["Exclude", "Requests go on without it, as if it were not in the graphs, until it is included again. Calls that are under way are finished."],
  drain: ["Drain", "It is excluded, and the answer comes when none of its calls is in flight any more."],
  include: ["Include", "It is asked again."],
};

export class Predictors {
  constructor(host, act) {
    this.act = act;
    this.table = new Table(host, "predictors", [
      { title: "Predictor", cell: () => make("span", {}, make("b"), " ", make("span", { class: "help" })), show: (cell, item) => this.head(cell, item) },
      { title: "State", cell: () => make("div", {}, badge(), make("p", { class: "help" })), show: (cell, item) => this.state(cell, item) },
      { title: "Replicas", cell: () => make("details", { class: "replicas" }, make("summary"), make("ul")), show: (cell, item) => this.replicas(cell, item) },
      { title: "In flight", number: true, show: (cell, item) => this.load(cell, item) },
      { title: "Calls", number: true, show: (cell, { rate, all }) => say(cell, rate == null ? `${amount(all)} so far` : `${amount(rate)}/s`) },
      { title: "Failed", number: true, show: (cell, { bad }) => (say(cell, percent(bad)), mark(cell, "class", bad > 0.05 ? "bad" : bad > 0 ? "poor" : null)) },
      { title: "p95", number: true, show: (cell, { seconds }) => say(cell, duration(quantile(0.95, seconds, this.bounds))) },
      { title: "Right", number: true, sparse: true, show: (cell, { accuracy }) => this.right(cell, accuracy) },
      { title: "Change", hidden: true, cell: () => this.buttons(), show: (cell, item) => this.offer(cell, item) },
    ], (item) => item.name);
    this.find = finder(host, "predictors", () => this.show(this.lately));
  }

  show(lately) {
    this.lately = lately;
    const status = lately.now.status;
    this.bounds = status.bounds;
    const items = Object.entries(status.predictors ?? {}).map(([name, each]) => ({ ...each, name, replicas: each.replicas ?? [], ...lately.of("predictors", name, failed) }));
    const trouble = (item) => item.panic || item.excluded || item.bad > 0.05 || item.replicas.some(out);
    this.table.show(this.find(items, trouble), items.length ? "No predictor is called so." : "This revision has no predictors.");
  }

  head(cell, { name, version }) {
    const [label, , note] = cell.childNodes;
    const { declared, reported, matches } = version ?? {};
    say(label, name);
    say(note, matches === false ? `version ${declared}, but it says ${reported}` : declared ?? reported ? `version ${declared ?? reported}` : "");
    mark(note, "class", matches === false ? "help poor" : "help");
  }

  state(cell, { enabled, excluded, panic, replicas, limit }) {
    const [word, note] = cell.children;
    const ill = replicas.filter(out).length;
    let words = "";
    if (excluded) {
      judge(word, "off", "excluded");
      words = [excluded.reason, excluded.author && `by ${excluded.author}`].filter(Boolean).join(", ");
    } else if (enabled === false) judge(word, "off", "switched off");
    else if (panic) {
      judge(word, "bad", "most are out");
      words = "all are called nonetheless";
    } else if (ill) judge(word, "poor", ill === 1 ? "one is out" : `${ill} are out`);
    else if (!replicas.length && !limit) judge(word, "unknown", "no word of it yet");
    else judge(word, "good", "well");
    say(note, words);
  }

  replicas(cell, { replicas }) {
    const [summary, list] = cell.children;
    const well = replicas.filter((each) => !out(each)).length;
    say(summary, well === replicas.length ? String(well) : `${well} of ${replicas.length}`);
    if (!cell.open && list.childElementCount === replicas.length && !replicas.some(out)) return;
    list.replaceChildren(...replicas.map((each) => this.replica(each)));
  }

  replica({ endpoint, ejected, unwell, in_flight: calls, latency }) {
    const judged = [ejected && "ejected: its calls failed", unwell && "unwell: its probes failed"].filter(Boolean);
    const facts = [`${amount(calls)} in flight`, latency != null && `about ${duration(latency)}`].filter(Boolean).join(", ");
    const line = make("li", {}, make("code", {}, endpoint), " ", make("span", { class: "help" }, facts));
    if (judged.length) line.append(" ", make("span", { class: "badge poor" }, judged.join(", ")));
    return line;
  }

  load(cell, { in_flight: calls, waiting, limit }) {
    say(cell, !limit ? NOTHING : `${amount(calls)} of ${amount(limit)}${waiting ? `, ${amount(waiting)} wait` : ""}`);
    mark(cell, "class", waiting ? "poor" : null);
  }

  right(cell, accuracy) {
    const known = accuracy?.share != null;
    say(cell, known ? `${percent(accuracy.share)} of ${amount(accuracy.answers)}` : "");
    mark(cell, "class", known && accuracy.share < accuracy.exclude_below ? "bad" : null);
    mark(cell, "title", known && `Right among the latest answers of which the truth is known${accuracy.reason ? `: ${accuracy.reason}` : ""}`);
  }

  buttons() {
    const button = (deed) => make("button", { type: "button", class: "quiet", "data-deed": deed, click: (event) => this.ask(event.currentTarget, deed) }, DEEDS[deed][0]);
    return make("div", { class: "buttons" }, ...Object.keys(DEEDS).map(button));
  }

  offer(cell, { name, excluded }) {
    for (const button of cell.children) {
      button.hidden = (button.dataset.deed === "include") !== Boolean(excluded);
      mark(button, "aria-label", `${DEEDS[button.dataset.deed][0]} ${name}`);
      button.dataset.name = name;
    }
  }

  ask(button, deed) {
    const [label, text] = DEEDS[deed];
    const { name } = button.dataset;
    this.act({ title: `${label} ${name}?`, text, yes: label, path: `predictors/${encodeURIComponent(name)}:${deed}`, done: `${name}: ${deed === "exclude" ? "excluded" : deed === "drain" ? "drained" : "included"}` });
  }
}
