import { expect, test } from "vitest";
import { Announcer, type Channel } from "../../src/status/announcer.ts";
import { testLifetime } from "../support/lifetimes.ts";

const region = (channel: Channel) =>
  document.querySelector<HTMLElement>(`[data-tutor-announcer="${channel}"]`);

test("what closes with one view is still spoken for the other, and ends with the last", () => {
  const announcer = new Announcer();
  const [first, second] = [testLifetime(), testLifetime()];
  announcer.addView(first.signal);
  announcer.addView(second.signal);
  first.end();
  announcer.say("status", "Reconnecting…");
  expect(region("status")?.textContent).toBe("Reconnecting…");
  expect(announcer.hasViews).toBe(true);
  second.end();
  expect(region("status")).toBeNull();
  expect(announcer.hasViews).toBe(false);
});

test("a second view leaves the regions where they are: moved, what they say would be lost", () => {
  const announcer = new Announcer();
  announcer.addView(testLifetime().signal);
  document.body.append("what a host puts after them");
  announcer.addView(testLifetime().signal);
  expect(document.body.lastChild?.textContent).toBe("what a host puts after them");
});

test("replies and status wait for their turn, an alert interrupts", () => {
  new Announcer().addView(testLifetime().signal);
  expect(region("reply")?.getAttribute("aria-live")).toBe("polite");
  expect(region("status")?.getAttribute("role")).toBe("status");
  expect(region("alert")?.getAttribute("role")).toBe("alert");
});

test("the regions are out of sight, but not hidden: what is hidden is not spoken", () => {
  new Announcer().addView(testLifetime().signal);
  const style = region("alert")?.parentElement?.style;
  expect([style?.position, style?.width, style?.overflow]).toEqual(["absolute", "1px", "hidden"]);
  expect([style?.display, style?.visibility]).toEqual(["", ""]);
});

test("the same words twice are two announcements, and no words are none", () => {
  const announcer = new Announcer();
  announcer.addView(testLifetime().signal);
  announcer.say("alert", "Message not sent.");
  const first = region("alert")?.firstChild;
  announcer.say("alert", "Message not sent.");
  expect(region("alert")?.firstChild).not.toBe(first);
  announcer.say("alert", "");
  expect(region("alert")?.textContent).toBe("Message not sent.");
});

test("what is said in one channel leaves the others as they are", () => {
  const announcer = new Announcer();
  announcer.addView(testLifetime().signal);
  announcer.say("reply", "Tutor: Hello");
  announcer.say("status", "Connected");
  expect(region("reply")?.textContent).toBe("Tutor: Hello");
});
