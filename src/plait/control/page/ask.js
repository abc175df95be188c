// One dialog for every change: what it does, why it is made, and what plait says if it cannot be.

import { by, make, say } from "./dom.js";
import { problem } from "./overview.js";

export class Ask {
  constructor(api, done) {
    Object.assign(this, { api, done, dialog: by("ask"), error: by("ask-error"), reason: by("reason"), yes: by("ask-yes") });
    this.dialog.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    by("ask-no").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("cancel", (event) => this.busy && event.preventDefault());
  }

  open(deed) {
    this.deed = deed;
    say(by("ask-title"), deed.title);
    say(by("ask-text"), deed.text);
    say(this.yes, deed.yes);
    by("ask-more").replaceChildren(...(deed.more ?? []));
    this.error.replaceChildren();
    this.reason.value = "";
    this.dialog.showModal();
    this.reason.focus();
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  async send() {
    if (this.busy) return;
    this.wait(true);
    this.error.replaceChildren();
    const { path, revision, done } = this.deed;
    try {
      const answer = await this.api.change(path, this.reason.value.trim(), revision);
      this.dialog.close();
      this.done(`${done}${left(answer)}`);
    } catch (error) {
      this.refused(error);
    } finally {
      this.wait(false);
    }
  }

  refused(error) {
    if (error.status === 401) {
      this.dialog.close();
      this.done("", error);
      return;
    }
    const text = error.status === 412 ? "Somebody else made a change meanwhile. Look at what there is now, and try again." : error.message;
    const problems = error.problems ?? [];
    this.error.replaceChildren(make("p", {}, text), ...(problems.length ? [make("ul", {}, ...problems.map((each) => make("li", {}, problem(each))))] : []));
    if (error.status === 412) this.done("");
  }

  wait(busy) {
    this.busy = busy;
    this.yes.disabled = busy;
    say(this.yes, busy ? "Waiting …" : this.deed.yes);
  }
}

/** What has not come about yet when the answer came. */
function left({ status, in_flight: calls, pending = [] }) {
  if (calls) return `; ${calls} of its calls are still in flight`;
  return status === 202 || pending.length ? "; not all workers run it yet" : "";
}
