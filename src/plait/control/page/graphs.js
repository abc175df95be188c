// The graphs: how many requests they have, how they fare, how long they take, and their pictures.

import { Table, draw, make, mark, say } from "./dom.js";
import { amount, duration, percent, quantile } from "./numbers.js";
import { finder, kinds, spark } from "./parts.js";

const failed = (status) => status >= "500";

export class Graphs {
  constructor(host, api) {
    this.api = api;
    const quick = (part) => ({ title: `p${part * 100}`, number: true, show: (cell, { name }) => say(cell, this.quantile(name, part)) });
    this.table = new Table(host, "graphs", [
      { title: "Graph", cell: () => this.heading(), show: (cell, item) => this.head(cell, item) },
      { title: "Requests", number: true, cell: () => make("span", { class: "with-spark" }, draw("svg", kinds.spark), make("span")), show: (cell, item) => this.rate(cell, item) },
      { title: "Errors", number: true, show: (cell, { name }) => this.errors(cell, name) },
      quick(0.5),
      quick(0.95),
      quick(0.99),
      { title: "Own time, p95", number: true, show: (cell, { name }) => say(cell, this.quantile(name, 0.95, "own")) },
    ], (item) => item.name);
    this.find = finder(host, "graphs", () => this.show(this.lately));
  }

  show(lately) {
    this.lately = lately;
    const status = lately.now.status;
    this.bounds = status.bounds;
    const items = Object.entries(status.graphs ?? {}).map(([name, graph]) => ({ name, ...graph }));
    this.of = new Map(items.map(({ name }) => [name, lately.of("graphs", name, failed)]));
    const trouble = ({ name }) => this.of.get(name).bad > 0.01;
    this.table.show(this.find(items, trouble), items.length ? "No graph is called so." : "This revision has no graphs.");
  }

  heading() {
    const picture = make("details", { class: "picture" }, make("summary", {}, make("b"), " ", make("code")));
    picture.addEventListener("toggle", () => picture.open && this.load(picture));
    return picture;
  }

  head(cell, { name, route }) {
    const [label, , path] = cell.firstElementChild.childNodes;
    say(label, name);
    say(path, route ?? "");
    cell.dataset.graph = name;
    const revision = String(this.lately.now.status.revision);
    if (cell.open && cell.dataset.revision !== revision) this.load(cell);
  }

  /** Fetch the graph's picture, with the token, and show it as an image, in which nothing can run. */
  async load(cell) {
    const revision = String(this.lately.now.status.revision);
    cell.dataset.revision = revision;
    const name = cell.dataset.graph;
    let shown;
    try {
      const answer = await this.api.ask(`graphs/${encodeURIComponent(name)}/picture`);
      const source = `data:image/svg+xml,${encodeURIComponent(await answer.text())}`;
      shown = make("img", { src: source, alt: `The nodes of ${name}` });
    } catch (error) {
      shown = make("p", { class: "help" }, `There is no picture: ${error.message}`);
    }
    if (cell.dataset.revision === revision) cell.replaceChildren(cell.firstElementChild, make("div", { class: "frame", tabindex: "0", role: "group", "aria-label": `Picture of ${name}` }, shown));
  }

  rate(cell, { name }) {
    const { rate, all } = this.of.get(name);
    spark(cell.firstElementChild, this.lately.rates("graphs", name));
    say(cell.lastElementChild, rate == null ? `${amount(all)} so far` : `${amount(rate)}/s`);
  }

  errors(cell, name) {
    const { bad } = this.of.get(name);
    say(cell, percent(bad));
    mark(cell, "class", bad > 0.01 ? "bad" : bad > 0 ? "poor" : null);
  }

  quantile(name, part, what = "seconds") {
    return duration(quantile(part, this.of.get(name)[what], this.bounds));
  }
}
