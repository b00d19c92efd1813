import { expect, test, vi } from "vitest";
import { Notebook } from "../../../src/model/notebook.ts";
import { meetNotebook } from "../../../src/parts/notebook/identity.ts";
import widget from "../../../src/widget.ts";
import { testLifetime } from "../../support/lifetimes.ts";
import { MockModel } from "../../support/mock.mjs";
import { open, settled } from "../../support/page.ts";
import { servePart } from "../../support/parts.ts";

/** JupyterLab's document context, with this in the notebook's metadata under our name. */
function contextOf(mark?: unknown, path = "Untitled.ipynb") {
  const metadata = new Map<string, unknown>(mark === undefined ? [] : [["tutor_widget", mark]]);
  const slots = new Set<() => void>();
  return {
    path,
    ready: Promise.resolve(),
    pathChanged: {
      connect: (slot: () => void) => slots.add(slot),
      disconnect: (slot: () => void) => slots.delete(slot),
    },
    saveState: { connect: () => undefined, disconnect: () => undefined },
    model: {
      getMetadata: (name: string) => metadata.get(name),
      setMetadata: vi.fn((name: string, value: unknown) => metadata.set(name, value)),
    },
    slots,
    moveTo(place: string) {
      this.path = place;
      for (const slot of slots) slot();
    },
  };
}

function meeting(context: unknown, answer: unknown = null) {
  const meet = vi.fn(async (_holds: string | null, _path: string) => answer);
  const whole = testLifetime();
  meetNotebook(Notebook.of({ context }) as Notebook, meet, whole.signal);
  return { meet, end: () => whole.end() };
}

test("the id that the kernel answers is written into the notebook", async () => {
  const context = contextOf();
  const { meet } = meeting(context, "new-id");
  await settled();
  expect(meet.mock.calls).toEqual([[null, "Untitled.ipynb"]]);
  expect(context.model.getMetadata("tutor_widget")).toEqual({ notebook: "new-id" });
});

test("a notebook that holds the id is not written to", async () => {
  const context = contextOf({ notebook: "its-id" });
  const { meet } = meeting(context, "its-id");
  await settled();
  expect(meet.mock.calls).toEqual([["its-id", "Untitled.ipynb"]]);
  expect(context.model.setMetadata).not.toHaveBeenCalled();
});

test("a kernel that remembers nothing writes nothing", async () => {
  for (const answer of [null, undefined, 7, {}]) {
    const context = contextOf();
    meeting(context, answer);
    await settled();
    expect(context.model.setMetadata).not.toHaveBeenCalled();
  }
});

test("the kernel is told of each new path, without the drive's name, until the end", async () => {
  const context = Object.assign(contextOf(), { path: "RTC:a.ipynb", localPath: "a.ipynb" });
  const { meet, end } = meeting(context, "its-id");
  await settled();
  context.localPath = "b.ipynb";
  context.moveTo("RTC:b.ipynb");
  await settled();
  const told = [
    [null, "a.ipynb"],
    ["its-id", "b.ipynb"],
  ];
  expect(meet.mock.calls).toEqual(told);
  end();
  context.moveTo("RTC:c.ipynb");
  expect(meet.mock.calls).toEqual(told);
  expect(context.slots.size).toBe(0);
});

test("nothing is asked before the notebook has been read", async () => {
  let read = () => {};
  const ready = new Promise<void>((resolve) => {
    read = resolve;
  });
  const { meet } = meeting({ ...contextOf({ notebook: "its-id" }), ready });
  await settled();
  expect(meet).not.toHaveBeenCalled();
  read();
  await settled();
  expect(meet).toHaveBeenCalledOnce();
});

test.each([null, 7, "its-id", [], {}, { notebook: 7 }, { notebook: "a b" }])(
  "a mark that holds no id counts as none: %j",
  async (mark) => {
    const { meet } = meeting(contextOf(mark));
    await settled();
    expect(meet.mock.calls).toEqual([[null, "Untitled.ipynb"]]);
  },
);

test("a mark of a megabyte is not sent", async () => {
  const { meet } = meeting(contextOf({ notebook: "x".repeat(1 << 20) }));
  await settled();
  expect(meet.mock.calls).toEqual([[null, "Untitled.ipynb"]]);
});

test("a host without a notebook is asked nothing", async () => {
  const throwing = {
    get context() {
      throw new Error("not here");
    },
  };
  for (const manager of [null, {}, throwing, { context: null }, { context: { path: "x" } }]) {
    const { model, end } = open({}, { manager: manager as object });
    await settled();
    expect([model.ops("part"), model.ops("notebook")]).toEqual([[], []]);
    end();
  }
});

test("each model asks once, whatever its views", async () => {
  const manager = { context: contextOf({ notebook: "its-id" }) };
  const { model, show } = open({}, { manager, parts: servePart("notebook") });
  show();
  await vi.waitFor(() => expect(model.ops("notebook")).not.toEqual([]));
  await settled();
  expect(model.ops("notebook")).toEqual([
    { op: "notebook", id: expect.any(String), holds: "its-id", path: "Untitled.ipynb" },
  ]);
  expect(model.ops("part")).toMatchObject([{ name: "notebook" }]);
});

test("a model that no view shows asks too", async () => {
  const manager = { context: contextOf() };
  const model = new MockModel({}, { manager, parts: servePart("notebook") });
  const { initialize } = (widget as () => { initialize: (props: object) => unknown })();
  initialize({ model, signal: testLifetime().signal });
  await vi.waitFor(() => expect(model.ops("notebook")).toHaveLength(1));
});
