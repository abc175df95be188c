// What counts and histograms say, and numbers as people read them.

/** Seconds that "lately" means. */
export const WINDOW = 60;
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const EDGE = 0.02;

/** What was counted between two histograms; where counts have fallen, plait was started anew and all of it is new. */
export function between(now, then) {
  if (!then || now.count < then.count) return now;
  return { buckets: now.buckets.map((count, place) => count - then.buckets[place]), sum: now.sum - then.sum, count: now.count - then.count };
}

/** The seconds within which this share of them is, reckoned as `plait.control.quantiles` does; null if there is nothing. */
export function quantile(share, histogram, bounds = BOUNDS) {
  if (!histogram?.count) return null;
  const rank = share * histogram.count;
  const place = histogram.buckets.findIndex((count) => count >= rank);
  if (place < 0 || place >= bounds.length) return bounds.at(-1);
  const [low, before, here] = bucket(histogram, bounds, place);
  return low + (bounds[place] - low) * (here ? (rank - before) / here : 0) ** bend(histogram, bounds);
}

/** A bucket's lower bound, how many are below it, and how many in it. */
const bucket = ({ buckets }, bounds, place) => [place ? bounds[place - 1] : 0, place ? buckets[place - 1] : 0, buckets[place] - (place ? buckets[place - 1] : 0)];

/** The power by which values rise within a bucket, so that on the average they are where the sum says. */
function bend(histogram, bounds) {
  let [least, room] = [0, 0];
  histogram.buckets.forEach((_, place) => {
    const [low, , here] = bucket(histogram, bounds, place);
    least += here * low;
    if (place < bounds.length) room += here * (bounds[place] - low);
  });
  const way = room ? (histogram.sum - least) / room : 0.5;
  return 1 / Math.min(Math.max(way, EDGE), 1 - EDGE) - 1;
}

/** How many of these, and which share of them is bad. */
export function share(now, then, bad) {
  let all = 0;
  let failed = 0;
  const sum = (counts) => Object.values(counts).reduce((one, other) => one + other, 0);
  const anew = then && sum(now) < sum(then);
  for (const [status, count] of Object.entries(now)) {
    const more = count - (anew ? 0 : then?.[status] ?? 0);
    all += more;
    if (bad(status)) failed += more;
  }
  return { all, bad: all ? failed / all : null };
}

/** What was told lately, so that rates can be taken of it. */
export class Lately {
  constructor() {
    this.told = [];
  }

  /** Take in what is told at a moment, in seconds. */
  take(moment, status) {
    this.told.push({ moment, status });
    while (this.told.length > 2 && this.told[1].moment <= moment - WINDOW) this.told.shift();
  }

  get now() {
    return this.told.at(-1);
  }

  /** The start of the window; none while it is too short to say anything. */
  get then() {
    const first = this.told[0];
    return first && this.now.moment - first.moment >= 8 ? first : null;
  }

  get seconds() {
    return this.then ? this.now.moment - this.then.moment : null;
  }

  /** How a graph or predictor did lately, or since the start where that is not known yet. */
  of(kind, name, bad) {
    const now = this.now.status[kind]?.[name] ?? {};
    const then = this.then?.status[kind]?.[name];
    const since = then ?? (this.then ? { statuses: {} } : null);
    const counted = share(now.statuses ?? {}, since?.statuses, bad);
    const [seconds, own] = ["seconds", "own"].map((what) => (now[what] ? between(now[what], then?.[what]) : null));
    return { ...counted, seconds, own, rate: this.seconds ? counted.all / this.seconds : null };
  }

  /** How many a second between any two of the moments, the oldest first. */
  rates(kind, name) {
    const counts = this.told.map(({ moment, status }) => ({ moment, count: status[kind]?.[name]?.seconds?.count ?? 0 }));
    return counts.slice(1).map((each, place) => Math.max(0, each.count - counts[place].count) / Math.max(0.001, each.moment - counts[place].moment));
  }
}

const round = (number, digits) => number.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
export const NOTHING = "–";

/** 0, 0.4, 12, 3,400. */
export const amount = (number) => (number == null ? NOTHING : round(number, number > 0 && number < 10 && !Number.isInteger(number) ? 1 : 0));

/** 0.8 ms, 12 ms, 1.2 s. */
export function duration(seconds) {
  if (seconds == null) return NOTHING;
  if (seconds >= 0.9995) return `${round(seconds, seconds < 10 ? 1 : 0)} s`;
  return `${round(seconds * 1000, seconds < 0.00995 ? 1 : 0)} ms`;
}

/** 0 %, 0.2 %, 12 %. */
export function percent(part) {
  if (part == null) return NOTHING;
  const shown = part * 100;
  if (shown > 0 && shown < 0.1) return "< 0.1 %";
  return `${round(shown, shown > 0 && shown < 10 ? 1 : 0)} %`;
}

/** 12 MB. */
export const bytes = (count) => (count == null ? NOTHING : `${round(count / 1e6, 0)} MB`);

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

/** "3 minutes ago"; a moment of another machine's clock is never in the future. */
export function ago(when, now = Date.now()) {
  const seconds = Math.max(0, (now - Date.parse(when)) / 1000);
  if (Number.isNaN(seconds)) return NOTHING;
  for (const [unit, length] of UNITS) {
    const count = Math.floor(seconds / length);
    if (count) return `${count} ${unit}${count > 1 ? "s" : ""} ago`;
  }
  return "just now";
}
