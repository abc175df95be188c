// The revisions: who changed what, when and why, and the way back.

import { keep, make, mark, say } from "./dom.js";
import { moment } from "./parts.js";

const SIGNS = { added: "+", removed: "−", changed: "~" };
const MANY = 10;
const LONG = 200;

export class Revisions {
  constructor(list, older, api, act) {
    Object.assign(this, { list, older, api, act, found: [], desired: null });
    this.failed = make("p", { class: "error", role: "alert" });
    older.after(this.failed);
    older.addEventListener("click", () => this.more());
  }

  /** Fetch the newest; those that were shown before stay. */
  async refresh(signal) {
    const { revisions, next } = await this.api.get(`revisions?limit=${MANY}`, signal);
    const last = revisions.at(-1)?.number ?? 0;
    const older = this.found.filter(({ number }) => number < last);
    this.take([...revisions, ...older], older.length ? this.next : next);
  }

  async more() {
    try {
      const { revisions, next } = await this.api.get(`revisions?limit=${MANY}&before=${this.next}`);
      this.take([...this.found, ...revisions], next);
      say(this.failed, "");
    } catch (error) {
      say(this.failed, error.message);
    }
  }

  take(found, next) {
    this.found = found;
    this.next = next;
    mark(this.older, "hidden", next == null);
    this.show(this.desired);
  }

  show(desired) {
    this.desired = desired;
    keep(this.list, this.found, ({ number }) => number, (each) => this.item(each), (item, each) => this.update(item, each));
  }

  item({ number, author, reason, difference = [] }) {
    const back = make("button", { type: "button", class: "quiet", "aria-label": `Roll back to revision ${number}`, click: () => this.ask(number) }, "Roll back");
    const line = make("div", { class: "line" }, make("b", {}, `${number}`), make("span", { class: "badge good" }, "active"), make("time"), make("span", { class: "help" }, author ?? ""), back);
    const item = make("li", {}, line);
    if (reason) item.append(make("p", {}, reason));
    if (difference.length) item.append(make("details", {}, make("summary", {}, difference.length === 1 ? "1 difference" : `${difference.length} differences`), differences(difference)));
    return item;
  }

  update(item, { number, created }) {
    const [, active, time, , back] = item.firstElementChild.children;
    active.hidden = number !== this.desired;
    back.hidden = number === this.desired;
    moment(time, created);
  }

  ask(number) {
    const after = this.found.filter((each) => each.number > number && each.number <= this.desired);
    const changes = after.flatMap(({ difference = [] }) => difference);
    const undone = make("details", {}, make("summary", {}, `What was changed since, and is undone (${changes.length})`), differences(changes));
    this.act({
      title: `Roll back to revision ${number}?`,
      text: `A new revision with the content of ${number} takes the place of ${this.desired}. Requests under way finish on the one that they began on.`,
      more: changes.length ? [undone] : [],
      yes: "Roll back",
      path: `revisions/${number}:activate`,
      revision: this.desired,
      done: `Rolled back to revision ${number}`,
    });
  }
}

function differences(list) {
  return make("ul", { class: "differences" }, ...list.map(({ path, change, from, to }) => {
    const line = make("li", { class: change in SIGNS ? change : null }, make("span", { class: "sign", "aria-label": change }, SIGNS[change] ?? "?"), " ", make("code", {}, path));
    if (from !== undefined && change !== "added") line.append(" ", make("del", {}, short(from)));
    if (to !== undefined && change !== "removed") line.append(" ", make("ins", {}, short(to)));
    return line;
  }));
}

function short(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONG ? `${text.slice(0, LONG)}…` : text;
}
