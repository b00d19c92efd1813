/** A chat in which nothing happens. */
import { expect, test, vi } from "vitest";
import { event } from "../support/fixtures.ts";
import { open } from "../support/page.ts";

test("an idle page asks the kernel for nothing in ten minutes", async () => {
  vi.useFakeTimers();
  const history = [event(1, "a", "learner"), event(2, "b", "tutor", { re: "a" })];
  const { model } = open({ history });
  await vi.advanceTimersByTimeAsync(60_000); // what it asks for at its beginning is answered
  const sent = model.sent.length;
  expect(sent).toBeGreaterThan(0);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(model.sent.slice(sent)).toEqual([]);
});
