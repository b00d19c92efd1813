import { expect, test } from "vitest";
import { type Channel, LiveRegions } from "../../src/status/live_regions.ts";
import { testLifetime } from "../support/lifetimes.ts";

const region = (channel: Channel) =>
  document.querySelector<HTMLElement>(`[data-tutor-live-region="${channel}"]`);

test("what closes with one view is still spoken for the other, and ends with the last", () => {
  const regions = new LiveRegions();
  const [first, second] = [testLifetime(), testLifetime()];
  regions.addView(first.signal);
  regions.addView(second.signal);
  first.end();
  regions.announce("status", "Reconnecting…");
  expect(region("status")?.textContent).toBe("Reconnecting…");
  expect(regions.hasViews).toBe(true);
  second.end();
  expect(region("status")).toBeNull();
  expect(regions.hasViews).toBe(false);
});

test("a second view leaves the regions where they are: moved, what they say would be lost", () => {
  const regions = new LiveRegions();
  regions.addView(testLifetime().signal);
  document.body.append("what a host puts after them");
  regions.addView(testLifetime().signal);
  expect(document.body.lastChild?.textContent).toBe("what a host puts after them");
});

test("replies and status wait for their turn, an alert interrupts", () => {
  new LiveRegions().addView(testLifetime().signal);
  expect(region("reply")?.getAttribute("aria-live")).toBe("polite");
  expect(region("status")?.getAttribute("role")).toBe("status");
  expect(region("alert")?.getAttribute("role")).toBe("alert");
});

test("the regions are out of sight, but not hidden: what is hidden is not spoken", () => {
  new LiveRegions().addView(testLifetime().signal);
  const style = region("alert")?.parentElement?.style;
  expect([style?.position, style?.width, style?.overflow]).toEqual(["absolute", "1px", "hidden"]);
  expect([style?.display, style?.visibility]).toEqual(["", ""]);
});

test("the same words twice are two announcements, and no words are none", () => {
  const regions = new LiveRegions();
  regions.addView(testLifetime().signal);
  regions.announce("alert", "Message not sent.");
  const first = region("alert")?.firstChild;
  regions.announce("alert", "Message not sent.");
  expect(region("alert")?.firstChild).not.toBe(first);
  regions.announce("alert", "");
  expect(region("alert")?.textContent).toBe("Message not sent.");
});

test("what is said in one channel leaves the others as they are", () => {
  const regions = new LiveRegions();
  regions.addView(testLifetime().signal);
  regions.announce("reply", "Tutor: Hello");
  regions.announce("status", "Connected");
  expect(region("reply")?.textContent).toBe("Tutor: Hello");
});
