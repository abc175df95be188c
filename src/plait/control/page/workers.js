// The workers: which revision each runs, and what it has to say of it.

import { Table, make, mark, say } from "./dom.js";
import { amount, bytes } from "./numbers.js";
import { badge, judge, moment } from "./parts.js";

export class Workers {
  constructor(host) {
    this.table = new Table(host, "workers", [
      { title: "Worker", cell: () => make("span", {}, make("b"), " ", make("span", { class: "help pid" })), show: (cell, { worker, proxy, pid }) => (say(cell.firstChild, this.name(worker, proxy)), say(cell.lastChild, pid ? `process ${pid}` : "")) },
      { title: "Runs", cell: badge, show: (cell, item) => this.runs(cell, item) },
      { title: "Since", cell: () => make("time"), show: (cell, { since }) => since && moment(cell, since) },
      { title: "Requests", number: true, show: (cell, item) => say(cell, amount(item.in_flight)) },
      { title: "Connections", number: true, show: (cell, item) => say(cell, amount(item.connections)) },
      { title: "Memory", number: true, show: (cell, item) => say(cell, bytes(item.rss)) },
      { title: "Says", sparse: true, cell: () => make("ul", { class: "plain" }), show: (cell, item) => this.says(cell, item) },
    ], ({ worker, proxy }) => `${worker} ${proxy}`);
  }

  show(lately) {
    const { workers = [], revision } = lately.now.status;
    this.desired = revision;
    this.many = new Set(workers.map(({ proxy }) => proxy)).size > 1;
    this.table.show(workers, "No worker has told anything yet.");
  }

  name(worker, proxy) {
    return this.many ? `${worker} of ${proxy}` : String(worker);
  }

  runs(cell, { running }) {
    if (running === this.desired) judge(cell, "good", `revision ${running}`);
    else judge(cell, "poor", running == null ? "starting" : `revision ${running}`);
  }

  says(cell, { error, warnings }) {
    const lines = [...(error ? [[error, "bad"]] : []), ...(warnings ?? []).map((each) => [each, "poor"])];
    const told = JSON.stringify(lines);
    if (cell.told === told) return;
    cell.told = told;
    cell.replaceChildren(...lines.map(([line, kind]) => make("li", { class: kind }, line)));
    mark(cell, "hidden", !lines.length);
  }
}
