/**
 * Watches over the connection, once per model: gathers the facts, waits where patience is due, ticks
 * while a countdown is shown, and nudges the kernel when the browser has news. Ticking costs the
 * kernel nothing: no message leaves.
 */

import { listen, on, Timer } from "../lifetime.ts";
import type { Conversation } from "../model/conversation.ts";
import type { Connection } from "../model/types.ts";
import { adviceOf, sentenceOf, type Words } from "../words.ts";
import { type Facts, type Situation, Tracker } from "./situation.ts";

export class Watch {
  readonly #tracker = new Tracker();
  readonly #listeners = new Set<() => void>();
  readonly #timer: Timer;
  #shown: Situation;

  constructor(
    private readonly conversation: Conversation,
    private readonly words: () => Words,
    signal: AbortSignal,
  ) {
    this.#timer = new Timer(signal);
    this.#shown = this.#tracker.see(this.facts, words()).shown;
    conversation.subscribe(() => this.look(), signal);
    on(window, "online", () => this.#news("online"), signal);
    on(window, "offline", () => this.look(), signal);
    const seen = () => document.visibilityState === "visible" && this.#news("visible");
    on(document, "visibilitychange", seen, signal);
    this.look();
  }

  /** The situation as it is to be shown now. */
  get shown(): Situation {
    return this.#shown;
  }

  get facts(): Facts {
    const { conversation } = this;
    const { connection, queue } = conversation.traits;
    const now = Date.now();
    const words = this.words();
    // Until the kernel spoke in this page, what stands there may be of another day.
    const ago: Partial<Connection> = { status: "connecting", retry_at: null };
    return {
      now,
      connection: {
        ...connection,
        reason: sentenceOf(words, connection, connection.reason),
        advice: adviceOf(words, connection, connection.advice),
        ...(conversation.kernel.spoke ? {} : ago),
      },
      seen: conversation.connectionSeen,
      kernel: conversation.kernelState(now),
      online: navigator.onLine !== false,
      isSaid: (id) => conversation.traits.history.some((item) => item.id === id),
      unheardSince: conversation.outbox.waitingSince("say"),
      waiting: new Set([
        ...queue.filter(({ status }) => status !== "failed").map(({ id }) => id),
        ...conversation.unheard.filter(({ error }) => !error).map(({ id }) => id),
      ]),
    };
  }

  /** Calls `draw` whenever the situation may look different. */
  subscribe(draw: () => void, signal: AbortSignal): void {
    listen(this.#listeners, draw, signal);
  }

  look(): void {
    const { shown, again } = this.#tracker.see(this.facts, this.words());
    this.#shown = shown;
    if (again === null) this.#timer.stop();
    else this.#timer.start(again, () => this.look());
    for (const draw of this.#listeners) draw();
  }

  /** The browser noticed something that the kernel can't: worth a try, if it waits for one. */
  #news(why: "online" | "visible"): void {
    const { conversation } = this;
    const { status } = conversation.traits;
    if (conversation.isShown && (status === "connecting" || status === "reconnecting")) {
      conversation.outbox.add({ op: "nudge", why });
    }
    if (why === "online") conversation.catchUp();
    this.look();
  }
}
