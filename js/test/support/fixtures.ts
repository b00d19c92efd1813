/** Records as the kernel sends them, with what a test does not care about filled in. */
import type { Connection, LogEvent, QueueItem } from "../../src/model/types.ts";
import { MockModel } from "./mock.mjs";

export const connection = (
  status: Connection["status"],
  more: Partial<Connection> = {},
): Connection => ({ ...new MockModel().get("connection"), status, ...more });

export const event = (seq: number, id: string, role: LogEvent["role"], more = {}): LogEvent => ({
  seq,
  id,
  role,
  text: `text of ${id}`,
  at: Date.UTC(2026, 0, 2, 10, seq),
  status: "complete",
  ...more,
});

export const item = (id: string, status: QueueItem["status"], more = {}): QueueItem => ({
  id,
  text: `text of ${id}`,
  at: Date.UTC(2026, 0, 2, 11),
  status,
  reason: "",
  ...more,
});
