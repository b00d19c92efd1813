// A stand-in for an anywidget model and the kernel behind it: for the tests and for the harness.

const DEFAULTS = {
  _n: 0,
  status: "connected",
  connection: {
    status: "connected",
    since: 1_700_000_000_000,
    attempt: 0,
    retry_at: null,
    now: 1_700_000_060_000,
    reason: "",
    advice: "",
    server: "wss://hub.example.edu/services/tutor/",
    outage: null,
  },
  queue: [],
  history: [],
  session_state: {},
  _view: { key: "k1", older: false, resume: null, warning: "", lang: "", error: "", cell: false },
  _words: null,
};

export class MockModel {
  /** All that was sent to the kernel. */
  sent = [];
  saved = 0;
  #traits;
  #listeners = new Map();

  /**
   * `answers`: the kernel acknowledges each command at once; `parts`: the code that it has, by name;
   * `context`: what the learner could share, by kind; `manager`: the host's widget manager.
   */
  constructor(
    traits = {},
    { answers = true, manager = {}, parts = {}, context = {}, throws = false } = {},
  ) {
    const given = Object.entries(structuredClone(traits)).map(([name, value]) => {
      const whole = value === null || Array.isArray(value) || typeof value !== "object";
      return [name, whole ? value : { ...DEFAULTS[name], ...value }];
    });
    this.#traits = { ...structuredClone(DEFAULTS), ...Object.fromEntries(given) };
    this.widget_manager = manager;
    Object.assign(this, { answers, parts, context, throws });
  }

  get(name) {
    return this.#traits[name];
  }

  set(name, value) {
    if (this.#traits[name] === value) return;
    this.#traits[name] = value;
    this.#emit(`change:${name}`);
  }

  on(name, callback) {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), callback]);
  }

  off(name, callback) {
    const kept = (this.#listeners.get(name) ?? []).filter((known) => known !== callback);
    this.#listeners.set(name, kept);
  }

  save_changes() {
    this.saved++;
  }

  send(command) {
    if (this.throws) throw new Error("Cannot send");
    this.sent.push(command);
    const { id, op, name, of } = command;
    const answer = { part: this.parts[name], context: this.context[of] }[op];
    if (this.answers) queueMicrotask(() => this.receive({ acks: [{ id, answer }] }));
  }

  /** The commands of one kind. */
  ops(op) {
    return this.sent.filter((command) => command.op === op);
  }

  /** A custom message of the kernel; `n` counts by itself unless it is given. */
  receive(message) {
    this.#emit("msg:custom", message);
  }

  /** A numbered change. */
  change(change) {
    this.receive({ n: this.#traits._n + 1, ...change });
  }

  /** Whole traits of the kernel: all are there before anyone is told. */
  traitsArrive(traits) {
    Object.assign(this.#traits, traits);
    for (const name of Object.keys(traits)) this.#emit(`change:${name}`);
  }

  /** ipywidgets says so when the comm is closed, or opened again. */
  commChanged() {
    this.#emit("comm_live_update");
  }

  #emit(name, ...args) {
    for (const callback of this.#listeners.get(name) ?? []) callback(...args);
  }
}
