// docs/chat.py's way of talking, on static/site/room.js: node chat.mjs BASE EMAIL PASSWORD EPISODE_ID.
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";

const [base, email, password, episode] = process.argv.slice(2);
// By its text: whether Node takes a .js file for a module depends on its version.
const source = await readFile(new URL("../../static/site/room.js", import.meta.url), "utf-8");
const { Room } = await import("data:text/javascript," + encodeURIComponent(source));

async function post(path, body) {
  const answer = await fetch(base + "/api/v1" + path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

let tokens = await post("/auth/login", { email, password });
const room = new Room(base.replace("http", "ws") + "/ws/comments/" + episode, {
  token: async (fresh) => {
    if (fresh && tokens) tokens = await post("/auth/refresh", { refresh: tokens.refresh });
    return tokens && tokens.access;
  },
  onEvent: (event) => event.type === "comment" && console.log(`${event.username}: ${event.message}`),
  onState: (state, { code }) => {
    if (state === "ended") console.log(`-- closed: ${code}`), process.exit(0);
    console.log(`-- ${state}`);
  },
  onRefused: (error) => console.log(`-- ${error.message}`),
});
for await (const line of createInterface({ input: process.stdin })) room.send(line);
