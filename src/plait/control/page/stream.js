// Server-sent events read by fetch, as EventSource cannot send the token.

const FIRST = 500;
const LONGEST = 15000;
const SILENCE = 60000;

/** The events in pieces of text, as the standard wants them read. */
export class Reader {
  constructor() {
    this.rest = "";
    this.event = { kind: "message", data: [] };
  }

  /** The events that end within a piece. */
  *read(piece) {
    const lines = (this.rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (this.event.data.length) yield { kind: this.event.kind, data: this.event.data.join("\n") };
        this.event = { kind: "message", data: [] };
        continue;
      }
      const [, field, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
      if (field === "data") this.event.data.push(value ?? "");
      else if (field === "event") this.event.kind = value || "message";
    }
  }
}

/** How long to wait before trying again: longer each time, and by chance, so that not all come back at once. */
export const patience = (tries, chance = Math.random()) => Math.min(LONGEST, FIRST * 2 ** tries) * (0.5 + chance / 2);

/** Gives up a stream on which nothing has come for too long: plait says something every few seconds, if only that it is there. */
class Silence {
  constructor() {
    this.ended = new AbortController();
    this.signal = this.ended.signal;
    this.broken();
  }

  broken() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ended.abort(), SILENCE);
  }

  end() {
    clearTimeout(this.timer);
  }
}

/** Read events until told to stop; after every end it is tried again. */
export async function follow(api, signal, heard, told) {
  let tries = 0;
  while (!signal.aborted) {
    const silence = new Silence();
    try {
      told("connecting");
      const options = { headers: { Accept: "text/event-stream" }, signal: AbortSignal.any([signal, silence.signal]) };
      const answer = await api.ask("events", options);
      told("live");
      const reader = new Reader();
      const pieces = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let piece = await pieces.read(); !piece.done; piece = await pieces.read()) {
        tries = 0;
        silence.broken();
        for (const event of reader.read(piece.value)) heard(event);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 401) throw error;
    } finally {
      silence.end();
    }
    const delay = patience(tries++);
    told("waiting", delay);
    await pause(delay, signal);
  }
}

/** Wait, but not longer than until the signal. */
export const pause = (delay, signal) =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, delay);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
