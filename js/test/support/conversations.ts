/** A conversation with a kernel that a test has in its hands. */
import { vi } from "vitest";
import { Conversation } from "../../src/model/conversation.ts";
import { testLifetime } from "./lifetimes.ts";
import { MockModel } from "./mock.mjs";

class Signal {
  slot = () => {};
  connect(slot: () => void) {
    this.slot = slot;
  }
  disconnect() {}
}

export function openConversation(traits = {}, options = {}) {
  const kernel = {
    status: "idle",
    connectionStatus: "connected",
    statusChanged: new Signal(),
    connectionStatusChanged: new Signal(),
  };
  const model = new MockModel(traits, { answers: false, manager: { kernel }, ...options });
  const whole = testLifetime();
  const conversation = new Conversation(model, whole.signal);
  const acknowledge = () => model.receive({ acks: model.sent.map(({ id }) => ({ id })) });
  const link = (status: string) => {
    kernel.connectionStatus = status;
    kernel.connectionStatusChanged.slot();
  };
  const becomes = (status: string) => {
    kernel.status = status;
    kernel.statusChanged.slot();
    vi.advanceTimersByTime(400);
  };
  return { model, conversation, acknowledge, link, becomes, kernel, end: whole.end };
}
