// Socket.IO as its documentation shows under "Delivery guarantees" and "Connection state recovery":
// retries and acknowledgements on the client, recovery on the server, all else at its default.

const fs = require("node:fs");
const { numbers, tell } = require("./lines.cjs");

function server(port, log) {
  const { Server } = require("socket.io");
  const io = new Server({ connectionStateRecovery: {} });
  io.on("connection", (socket) => {
    socket.on("message", (number, done) => {
      fs.appendFileSync(log, `${number}\n`);
      done();
    });
  });
  io.listen(port);
}

function client(port) {
  const { io } = require("socket.io-client");
  const socket = io(`http://127.0.0.1:${port}`, { retries: 3, ackTimeout: 10_000 });
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
