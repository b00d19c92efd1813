// Socket.IO at its best settings: a quick return, retries without end, silence noticed in 10 s, and
// the server takes each message once, also after a restart, as step 8 of the tutorial does it.

const fs = require("node:fs");
const { numbers, tell } = require("./lines.cjs");

function server(port, log) {
  const { Server } = require("socket.io");
  const taken = new Set(fs.existsSync(log) ? fs.readFileSync(log, "utf8").split("\n") : []);
  const io = new Server({ connectionStateRecovery: {}, pingInterval: 5000, pingTimeout: 5000 });
  io.on("connection", (socket) => {
    socket.on("message", (number, done) => {
      if (!taken.has(number)) {
        taken.add(number);
        fs.appendFileSync(log, `${number}\n`);
      }
      done();
    });
  });
  io.listen(port);
}

function client(port) {
  const { io } = require("socket.io-client");
  const socket = io(`http://127.0.0.1:${port}`, {
    transports: ["websocket"],
    retries: Number.MAX_SAFE_INTEGER,
    ackTimeout: 2000,
    reconnectionDelay: 500,
    reconnectionDelayMax: 1000,
    timeout: 5000,
  });
  socket.on("connect", () => tell("up"));
  socket.on("disconnect", () => tell("down"));
  numbers((number) => {
    tell(`queued ${number}`);
    socket.emit("message", number, (error) => {
      if (!error) tell(`heard ${number}`);
    });
  });
}

const [role, port, log] = process.argv.slice(2);
role === "client" ? client(port) : server(Number(port), log);
