// The admin API, asked with the token. The token is in this tab's session and in the Authorization field, nowhere else.

const ROOT = new URL("../", import.meta.url);
const TOKEN = "plait-token";
const AUTHOR = "plait-author";
const WORDS = "plait-words";

/** An answer that says no: what it says, and every problem in it. */
export class Refused extends Error {
  constructor(status, body) {
    super(typeof body.detail === "string" ? body.detail : typeof body.title === "string" ? body.title : `plait answered ${status}`);
    this.status = status;
    this.problems = Array.isArray(body.problems) ? body.problems : [];
  }
}

export class Api {
  get token() {
    return sessionStorage.getItem(TOKEN);
  }

  enter(token, author) {
    sessionStorage.setItem(TOKEN, token);
    sessionStorage.setItem(AUTHOR, author);
  }

  /** Forget the token; `words` say why, once, after the page has begun anew. */
  leave(words = "") {
    sessionStorage.removeItem(TOKEN);
    sessionStorage.setItem(WORDS, words);
  }

  last() {
    const words = sessionStorage.getItem(WORDS) ?? "";
    sessionStorage.removeItem(WORDS);
    return words;
  }

  /** Ask, and give back the answer if it is a good one. */
  async ask(path, { method = "GET", headers = {}, body, signal } = {}) {
    const fields = { Authorization: `Bearer ${this.token}`, ...headers };
    const author = sessionStorage.getItem(AUTHOR);
    if (method !== "GET" && author) fields["X-Plait-Author"] = author;
    if (body !== undefined) fields["Content-Type"] = "application/json";
    const options = { method, headers: fields, signal, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store", credentials: "omit", redirect: "error" };
    const answer = await fetch(new URL(path, ROOT), options);
    if (answer.ok) return answer;
    throw new Refused(answer.status, await answer.json().catch(() => ({})));
  }

  async get(path, signal) {
    return (await this.ask(path, { signal })).json();
  }

  /** Ask for a change; `revision` is what the change is made on, where that matters. */
  async change(path, reason, revision) {
    const headers = revision == null ? {} : { "If-Match": `"${revision}"` };
    const answer = await this.ask(path, { method: "POST", headers, body: { reason } });
    return { ...(await answer.json().catch(() => ({}))), status: answer.status };
  }
}
