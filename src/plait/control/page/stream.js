// Server-sent events read by fetch, as EventSource cannot send the token.

const FIRST = 500;
const LONGEST = 15000;

/** The events in pieces of text, as the standard wants them read. */
export class Reader {
  constructor() {
    this.rest = "";
    this.event = { kind: "message", data: [] };
    this.id = "";
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
      else if (field === "id") this.id = value ?? "";
    }
  }
}

/** How long to wait before trying again: longer each time, and by chance, so that not all come back at once. */
export const patience = (tries, chance = Math.random()) => Math.min(LONGEST, FIRST * 2 ** tries) * (0.5 + chance / 2);

/** Read events until told to stop; after every end it is tried again. */
export async function follow(api, signal, heard, told) {
  let tries = 0;
  let id = "";
  while (!signal.aborted) {
    try {
      told("connecting");
      const headers = { Accept: "text/event-stream", ...(id ? { "Last-Event-ID": id } : {}) };
      const answer = await api.ask("events", { headers, signal });
      told("live");
      const reader = new Reader();
      const pieces = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let piece = await pieces.read(); !piece.done; piece = await pieces.read()) {
        tries = 0;
        for (const event of reader.read(piece.value)) heard(event);
        id = reader.id || id;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 401) throw error;
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
