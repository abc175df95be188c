// The state of all at one look, and what needs somebody now.

import { keep, make, mark, say } from "./dom.js";
import { NOTHING, WINDOW, amount, duration, percent, quantile } from "./numbers.js";

/** What is to be said of a revision that did worse than the one before it. */
const ENDED = {
  "taken back": ({ revision, previous }) => `Revision ${revision} was worse than ${previous} and was taken back.`,
  kept: ({ revision, previous }) => `Revision ${revision} is worse than ${previous} and was not taken back.`,
};

export class Overview {
  constructor(tiles, alerts, spans) {
    Object.assign(this, { tiles, alerts, spans });
  }

  show(lately) {
    const status = lately.now.status;
    keep(this.tiles, tiles(status, lately), ({ title }) => title, ({ title }) => make("div", {}, make("dt", {}, title), make("dd"), make("dd", { class: "help" })), (tile, { value, note, kind }) => {
      say(tile.children[1], value);
      say(tile.children[2], note ?? "");
      mark(tile, "class", kind ?? null);
    });
    keep(this.alerts, alarms(status), ({ text, lines }) => JSON.stringify([text, lines]), alarm, () => {});
    for (const span of this.spans) say(span, lately.then ? `in the last ${Math.min(WINDOW, Math.round(lately.seconds))} s` : "since the start");
  }
}

function tiles(status, lately) {
  const { workers = [], bounds } = status;
  const sum = (what) => workers.reduce((total, each) => total + (each[what] ?? 0), 0);
  const graphs = Object.keys(status.graphs ?? {}).map((name) => lately.of("graphs", name, (code) => code >= "500"));
  const all = graphs.reduce((total, each) => total + each.all, 0);
  const bad = graphs.reduce((total, each) => total + each.all * (each.bad ?? 0), 0);
  const p95 = quantile(0.95, graphs.map(({ seconds }) => seconds).filter(Boolean).reduce(added, null), bounds);
  return [
    active(status),
    { title: "Requests", value: lately.seconds ? `${amount(all / lately.seconds)}/s` : amount(all), note: `${amount(sum("in_flight"))} in flight` },
    { title: "Errors", value: percent(all ? bad / all : null), note: "status 500 and up", kind: all && bad / all > 0.01 ? "bad" : null },
    { title: "p95", value: duration(p95), note: "of all graphs" },
    { title: "Connections", value: amount(sum("connections")), note: `${amount(sum("refused"))} refused so far` },
    ...stored(status),
  ];
}

function active({ workers = [], revision, rollout }) {
  const running = workers.filter((each) => each.running === revision).length;
  const watched = rollout?.state === "watching" ? `, watched for ${duration(rollout.seconds_left)} more` : "";
  return { title: "Revision", value: revision == null ? NOTHING : String(revision), note: `${running} of ${workers.length} workers run it${watched}`, kind: running === workers.length ? null : "poor" };
}

const invalid = (file) => file.state === "invalid" || file.problems?.length > 0;

function stored({ store, file }) {
  const found = [];
  if (store) found.push({ title: "Store", value: store.ok ? "up" : "down", note: store.kind, kind: store.ok ? null : "bad" });
  if (file) found.push({ title: "File", value: file.state ?? "", note: file.path, kind: invalid(file) ? "bad" : null });
  return found;
}

const added = (one, other) => (one ? { buckets: one.buckets.map((count, place) => count + other.buckets[place]), sum: one.sum + other.sum, count: one.count + other.count } : other);

function alarms({ store, file, rollout, predictors = {} }) {
  const found = [];
  if (store && !store.ok) found.push({ text: "The store does not answer. Requests go on; changes are refused until it is back.", lines: store.error ? [store.error] : [] });
  if (file && invalid(file)) found.push({ text: `${file.path} has problems. The revision before it goes on.`, lines: (file.problems ?? []).map(problem) });
  if (ENDED[rollout?.state]) found.push({ text: ENDED[rollout.state](rollout), lines: rollout.reason ? [rollout.reason] : [] });
  const panic = Object.keys(predictors).filter((name) => predictors[name].panic);
  if (panic.length) found.push({ text: `Most replicas of ${panic.join(", ")} are out, so all of them are called.`, lines: [] });
  return found;
}

/** A problem of a file on one line. */
export function problem({ path, line, message, hint }) {
  const place = [line != null && `line ${line}`, path].filter(Boolean).join(", ");
  return `${place ? `${place}: ` : ""}${message}${hint ? ` (${hint})` : ""}`;
}

function alarm({ text, lines }) {
  const box = make("div", { class: "notice" }, make("p", {}, text));
  if (lines.length) box.append(make("ul", {}, ...lines.map((line) => make("li", {}, line))));
  return box;
}
