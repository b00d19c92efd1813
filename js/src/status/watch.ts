/**
 * Watches the connection, once per model: gathers the facts, updates the situation when time passes,
 * and nudges the kernel when the browser comes online or visible. A countdown sends no messages.
 *
 * The chats of one conversation, in all tabs of this browser, must not disagree: one whose kernel does
 * not answer tells the others, which ask it for themselves. So does one whose browser goes offline.
 */
import { atEnd, listen, on, Timer } from "../lifetime.ts";
import type { Conversation } from "../model/conversation.ts";
import type { Connection } from "../model/types.ts";
import { adviceOf, sentenceOf, type Words } from "../words.ts";
import { type Facts, isStuck, type Situation } from "./situation.ts";
import { Tracker } from "./tracker.ts";

export class Watch {
  readonly #conversation: Conversation;
  readonly #tracker = new Tracker();
  readonly #listeners = new Set<() => void>();
  readonly #timer: Timer;
  readonly #others = openChannel();
  /** The others were told that the kernel does not answer. */
  #isTold = false;
  #shown: Situation;
  readonly #words: () => Words;
  readonly #signal: AbortSignal;

  constructor(conversation: Conversation, words: () => Words, signal: AbortSignal) {
    this.#words = words;
    this.#signal = signal;
    this.#conversation = conversation;
    this.#timer = new Timer(signal);
    this.#shown = this.#tracker.see(this.facts, words()).shown;
    conversation.subscribe(() => this.refresh(), signal);
    on(window, "online", () => this.#nudge("online"), signal);
    on(window, "offline", () => this.#offline(), signal);
    // Another chat's kernel does not answer. If it is this one's, that is seen for itself.
    const onDoubt = ({ data: key }: MessageEvent) =>
      key === conversation.traits._view.key && conversation.probe();
    const others = this.#others;
    if (others) {
      on(others, "message", onDoubt, signal);
      atEnd(signal, () => others.close());
    }
    const onVisibility = () => {
      if (document.visibilityState === "visible") this.#nudge("visible");
    };
    on(document, "visibilitychange", onVisibility, signal);
    this.refresh();
  }

  /** The situation to show now. */
  get shown(): Situation {
    return this.#shown;
  }

  get facts(): Facts {
    const conversation = this.#conversation;
    const { connection, queue } = conversation.traits;
    const now = Date.now();
    const words = this.#words();
    // Until this page receives a message from the kernel, the traits may be those of an old saved notebook.
    const unknown: Partial<Connection> = { status: "connecting", retry_at: null };
    return {
      now,
      connection: {
        ...connection,
        reason: sentenceOf(words, connection, connection.reason),
        advice: adviceOf(words, connection, connection.advice),
        ...(conversation.kernel.heardFrom ? {} : unknown),
      },
      receivedAt: conversation.connectionReceivedAt,
      kernel: conversation.kernelState(now),
      online: navigator.onLine !== false,
      isCommitted: (id) => conversation.traits.history.some((item) => item.id === id),
      unacknowledgedSince: conversation.commands.pressedSince() ?? conversation.probedSince,
      isMessageStuck: conversation.commands.waitingSince("say") !== null,
      waiting: new Set([
        ...queue.filter(({ status }) => status !== "failed").map(({ id }) => id),
        ...conversation.unacknowledged.filter(({ error }) => !error).map(({ id }) => id),
      ]),
    };
  }

  /** Calls `draw` whenever the situation may have changed. */
  subscribe(draw: () => void, signal: AbortSignal): void {
    listen(this.#listeners, draw, signal);
  }

  refresh(): void {
    const { facts } = this;
    const { shown, checkAfter } = this.#tracker.see(facts, this.#words());
    this.#shown = shown;
    this.#tellOthers(isStuck(facts));
    if (checkAfter === null) this.#timer.stop();
    else this.#timer.start(checkAfter, () => this.refresh());
    for (const draw of this.#listeners) draw();
  }

  #tellOthers(isStuck: boolean): void {
    const { key } = this.#conversation.traits._view;
    if (isStuck && !this.#isTold && key && !this.#signal.aborted) this.#others?.postMessage(key);
    this.#isTold = isStuck;
  }

  /** A kernel on this machine still answers. */
  #offline(): void {
    if (!navigator.onLine) this.#conversation.probe();
    this.refresh();
  }

  /** The browser came online or visible: a kernel that waits for its next attempt should try now. */
  #nudge(why: "online" | "visible"): void {
    const conversation = this.#conversation;
    const { status } = conversation.traits;
    if (conversation.isShown && (status === "connecting" || status === "reconnecting")) {
      conversation.commands.add({ op: "nudge", why });
    }
    if (why === "online") conversation.catchUp();
    this.refresh();
  }
}

/** Null where a browser that may store nothing for this page refuses: then each chat looks for itself. */
function openChannel(): BroadcastChannel | null {
  try {
    return new BroadcastChannel("tutor_widget");
  } catch {
    return null;
  }
}
