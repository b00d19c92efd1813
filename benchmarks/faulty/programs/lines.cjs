// The language of the harness, for the programs in Node.

const readline = require("node:readline");

const tell = (line) => process.stdout.write(`${line}\n`);

/** Call `send` with each message, as they come; end with the harness. */
function numbers(send) {
  const lines = readline.createInterface({ input: process.stdin });
  lines.on("line", send).on("close", () => process.exit(0));
  tell("ready");
}

module.exports = { numbers, tell };
