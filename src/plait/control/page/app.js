// The page: locked until it has the token, then it looks every two seconds and listens in between.

import { Api } from "./api.js";
import { Ask } from "./ask.js";
import { by, mark, say } from "./dom.js";
import { Graphs } from "./graphs.js";
import { Log } from "./log.js";
import { Lately } from "./numbers.js";
import { Overview } from "./overview.js";
import { Predictors } from "./predictors.js";
import { Revisions } from "./revisions.js";
import { follow, pause } from "./stream.js";
import { Workers } from "./workers.js";

const EVERY = 2000;

class Page {
  constructor() {
    this.api = new Api();
    this.ask = new Ask(this.api, (words, error) => this.changed(words, error));
    const act = (deed) => this.ask.open(deed);
    this.overview = new Overview(by("overview"), by("alerts"), document.querySelectorAll(".span"));
    this.tables = [new Graphs(by("graph-list"), this.api), new Predictors(by("predictor-list"), act), new Workers(by("worker-list"))];
    this.revisions = new Revisions(by("revision-list"), by("older"), this.api, act);
    this.log = new Log(by("event-list"));
    by("enter").addEventListener("submit", (event) => {
      event.preventDefault();
      this.enter(by("token").value.trim(), by("author").value.trim());
    });
    by("leave").addEventListener("click", () => this.lock(""));
    document.addEventListener("visibilitychange", () => this.lately && !document.hidden && this.look());
  }

  start() {
    if (this.api.token) this.open();
    else this.shut(this.api.last());
  }

  async enter(token, author) {
    say(by("denied"), "");
    if (/[^\x21-\x7e]/.test(token)) {
      say(by("denied"), "This is not the token: it has letters that no token has.");
      return;
    }
    this.api.enter(token, author);
    await this.open();
  }

  /** Look once; if the token is right, show all and go on looking. */
  async open() {
    this.stopped?.abort();
    this.stopped = new AbortController();
    this.lately = new Lately();
    try {
      await this.look(true);
    } catch (error) {
      if (error.status === 401) this.api.leave();
      if (error.name !== "AbortError") this.shut(error.status === 401 ? "This is not the token." : `plait cannot be asked: ${error.message}`);
      return;
    }
    by("token").value = "";
    by("door").hidden = true;
    by("house").hidden = false;
    by("graphs").focus({ preventScroll: true });
    this.poll(this.stopped.signal);
    this.listen(this.stopped.signal);
  }

  /** Forget the token and all that was shown, by beginning anew. */
  lock(words) {
    this.stopped.abort();
    this.api.leave(words);
    location.reload();
  }

  /** Ask for the token. */
  shut(words) {
    by("door").hidden = false;
    say(by("denied"), words);
    by("token").focus();
  }

  /** Ask how all is, and show it; `first` if failures are the caller's. */
  async look(first = false) {
    const { signal } = this.stopped;
    const began = (this.began = performance.now());
    try {
      const status = await this.api.get("status", signal);
      if (began !== this.began) return; // a later look has begun
      if (this.revisions.desired !== status.revision || first) await this.revisions.refresh(signal);
      this.lately.take(began / 1000, status);
      this.show(status);
      this.linked(true);
    } catch (error) {
      if (first) throw error;
      if (signal.aborted) return;
      if (error.status === 401) this.lock("The token is no longer right.");
      else this.linked(false, error.message);
    }
    this.took = performance.now() - began;
  }

  show(status) {
    this.overview.show(this.lately);
    for (const table of this.tables) table.show(this.lately);
    this.revisions.show(status.revision);
    this.log.age();
    say(by("foot"), status.version ? `plait ${status.version}` : "");
    document.title = status.revision == null ? "plait" : `plait, revision ${status.revision}`;
  }

  linked(up, words = "") {
    mark(by("link"), "class", up ? "state good" : "state bad");
    say(by("link"), up ? "connected" : `No answer: ${words}`);
    mark(by("house"), "class", up ? null : "stale");
  }

  async poll(signal) {
    while (!signal.aborted) {
      await pause(Math.max(EVERY, 10 * (this.took ?? 0)), signal);
      if (!document.hidden && !signal.aborted) await this.look();
    }
  }

  async listen(signal) {
    const told = (state, delay) => {
      mark(by("live"), "class", state === "live" ? "state good" : "state poor");
      say(by("live"), state === "live" ? "live" : state === "connecting" ? "connecting" : `again in ${Math.ceil(delay / 1000)} s`);
    };
    const heard = (event) => {
      this.log.add(event);
      this.soon();
    };
    try {
      await follow(this.api, signal, heard, told);
    } catch {
      this.lock("The token is no longer right.");
    }
  }

  /** Look again, once for all that happens at about the same time. */
  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), 200);
  }

  changed(words, error) {
    if (error) {
      this.lock("The token is no longer right.");
      return;
    }
    say(by("said"), words);
    clearTimeout(this.fading);
    this.fading = setTimeout(() => say(by("said"), ""), 6000);
    this.look();
  }
}

new Page().start();
