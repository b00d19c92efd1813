// partysocket with its default settings, its own queue, and a heartbeat on top, with the spans of
// this project: it asks after 2 s of silence and reconnects 4 s later. The server echoes, so that the
// client can know what arrived.

const fs = require("node:fs");
const { numbers, tell } = require("./lines.cjs");

function server(port, log) {
  const { WebSocketServer } = require("ws");
  new WebSocketServer({ host: "127.0.0.1", port }).on("connection", (link) => {
    link.on("error", () => {});
    link.on("message", (data) => {
      if (String(data) !== "ping") fs.appendFileSync(log, `${data}\n`);
      link.send(String(data));
    });
  });
}

function client(port) {
  const { WebSocket } = require("ws");
  const { default: ReconnectingWebSocket } = require("partysocket/ws");
  const link = new ReconnectingWebSocket(`ws://127.0.0.1:${port}/`, [], { WebSocket });
  let heardAt = 0;
  let askedAt = 0;
  link.addEventListener("open", () => {
    heardAt = performance.now();
    tell("up");
  });
  link.addEventListener("close", () => tell("down"));
  link.addEventListener("message", ({ data }) => {
    heardAt = performance.now();
    if (data !== "ping") tell(`heard ${data}`);
  });
  setInterval(() => {
    if (link.readyState !== WebSocket.OPEN) return;
    const now = performance.now();
    if (askedAt > heardAt) {
      if (now - askedAt > 4000) link.reconnect();
    } else if (now - heardAt > 2000) {
      askedAt = now;
      link.send("ping");
    }
  }, 100);
  numbers((number) => {
    tell(`queued ${number}`);
    link.send(number);
  });
}

const [role, port, log] = process.argv.slice(2);
role === "client" ? client(port) : server(Number(port), log);
