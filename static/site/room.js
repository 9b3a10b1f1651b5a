// A live room from JavaScript, as docs/rooms.md describes it; no dependency. To copy from, or to use as it is:
//
//   const room = new Room("wss://movies.example/ws/comments/" + episode, {
//     token: (fresh) => …,          // an access token, or a promise of one; null: signed out. fresh: the last is refused or ends soon
//     onEvent: (event) => …,        // comments and all other events, each once and in order
//     onState: (state, frame) => …, // "joined" | "fresh" (joined, but events were missed: show the page anew) | "away" | "ended"
//     onRefused: (error) => …,      // what was sent and will not be said; `cmid` tells which
//   });
//   const cmid = room.send("Xin chào!");
//   room.close();

const FIRST_WAIT_MS = 500, LONGEST_WAIT_MS = 30_000;
const SILENT_MS = 60_000; // the server says something every 25 s
const RENEW_BEFORE_S = 60;
const UNAUTHENTICATED = 4401, FINAL = [4403, 4404]; // forbidden, no such room
const NAMES_A_SEQ = ["joined", "ack", "sync", "gap", "degraded"]; // … of an event, but is none

export class Room {
  #url; #token; #on; #socket = null; #closed = false; #timers = {};
  #epoch = null; #seq = 0; #seen = new Set(); #unsaid = new Map(); #isIn = false;
  #waitMs = FIRST_WAIT_MS; #askedMs = 0; #fresh = false; #usedFresh = false;

  constructor(url, { token, onEvent = () => {}, onState = () => {}, onRefused = () => {} }) {
    this.#url = url;
    this.#token = token;
    this.#on = { event: onEvent, state: onState, refused: onRefused };
    this.#connect();
  }

  /** Say something; it is sent again, under the same `cmid`, until the server has answered for it. */
  send(message, { cmid = crypto.randomUUID(), ...more } = {}) {
    this.#unsaid.set(cmid, { type: "comment", message, cmid, ...more });
    if (this.#unsaid.size === 1) this.#sayNext();
    return cmid;
  }

  close() {
    this.#closed = true;
    Object.values(this.#timers).forEach(clearTimeout);
    this.#socket?.close();
  }

  async #connect() {
    let token;
    try {
      token = await this.#token(this.#fresh);
    } catch {
      return this.#left(null); // whoever gives tokens is away
    }
    if (this.#closed) return;
    if (token === null) return this.#end(UNAUTHENTICATED);
    [this.#usedFresh, this.#fresh] = [this.#fresh, false];
    const since = this.#epoch === null ? "" : `?epoch=${encodeURIComponent(this.#epoch)}&seq=${this.#seq}`;
    const socket = this.#socket = new WebSocket(this.#url + since, ["smovie.v1", "bearer." + token]);
    socket.onmessage = ({ data }) => socket === this.#socket && this.#hear(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this.#socket && this.#left(code);
    this.#hearSomething();
  }

  /** Leave a line that is dead or behind, without waiting for the other side's goodbye. */
  #hangUp() {
    this.#socket?.close();
    this.#left(null);
  }

  #left(code) {
    this.#socket = null;
    this.#isIn = false;
    ["silence", "renewal", "again"].forEach((name) => clearTimeout(this.#timers[name]));
    if (this.#closed) return;
    if (FINAL.includes(code) || (code === UNAUTHENTICATED && this.#usedFresh)) return this.#end(code);
    this.#fresh ||= code === UNAUTHENTICATED;
    this.#on.state("away", { code });
    this.#after("again", this.#askedMs + this.#waitMs * (0.5 + Math.random() / 2), () => this.#connect());
    this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
    this.#askedMs = 0;
  }

  #end(code) {
    this.close();
    this.#on.state("ended", { code });
  }

  #hear(frame) {
    this.#hearSomething();
    if (frame.type === "joined") this.#join(frame);
    else if (frame.type === "ack") this.#said(frame.cmid);
    else if (frame.type === "error" && this.#unsaid.has(frame.cmid)) this.#refused(frame);
    else if (frame.type === "sync" && frame.seq > this.#seq) this.#hangUp(); // we are behind: back with our position
    else if (frame.type === "reconnect") this.#askedMs = frame.after_ms;
    else if (frame.type === "auth_ok") this.#renewBefore(frame.expires_in);
    else if (frame.type === "degraded" && "epoch" in frame) [this.#epoch, this.#seq] = [frame.epoch, frame.seq]; // numbered anew
    else if (!NAMES_A_SEQ.includes(frame.type)) this.#take(frame);
  }

  #take(event) {
    if ("seq" in event) {
      if (event.seq <= this.#seq) return; // it came before the line broke
      this.#seq = event.seq;
    }
    if (event.type === "comment" && this.#seen.size === this.#seen.add(event.id).size) return;
    this.#on.event(event);
  }

  #join(frame) {
    const isNew = this.#epoch === null;
    [this.#epoch, this.#seq, this.#isIn] = [frame.epoch, frame.seq, true];
    [this.#waitMs, this.#usedFresh] = [FIRST_WAIT_MS, false];
    this.#renewBefore(frame.expires_in);
    this.#on.state(frame.recovered || isNew ? "joined" : "fresh", frame);
    for (const comment of frame.comments ?? []) this.#take({ ...comment, type: "comment" });
    this.#sayNext();
  }

  // One after another: what is said keeps its order, and a refusal holds up what comes after it, not what went before.
  #sayNext() {
    clearTimeout(this.#timers.saying);
    const [next] = this.#unsaid.values();
    if (next && this.#isIn) this.#socket.send(JSON.stringify(next));
  }

  #said(cmid) {
    if (this.#unsaid.delete(cmid)) this.#sayNext();
  }

  #refused(error) {
    if (error.temporary) return this.#after("saying", error.retry_after_ms ?? 1_000, () => this.#sayNext());
    this.#on.refused(error);
    this.#said(error.cmid);
  }

  #renewBefore(expiresInS) {
    const renew = async () => {
      const socket = this.#socket;
      const token = await Promise.resolve(this.#token(true)).catch(() => null); // without: 4401, and a new try then
      if (token && socket === this.#socket) socket?.send(JSON.stringify({ type: "auth", token }));
    };
    this.#after("renewal", Math.max(expiresInS - RENEW_BEFORE_S, 1) * 1_000, renew);
  }

  #hearSomething() {
    this.#after("silence", SILENT_MS, () => this.#hangUp());
  }

  #after(name, ms, what) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(what, ms);
  }
}
