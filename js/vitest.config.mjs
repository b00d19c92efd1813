import { defineConfig } from "vitest/config";

/** Counts what V8 runs, from the first time that it compiles a module. */
const COUNTS_BLOCKS = "test/hostile.test.mjs";

const shared = {
  environment: "happy-dom",
  setupFiles: ["test/support/setup.ts"],
  restoreMocks: true,
  testTimeout: 180_000,
};

export default defineConfig({
  test: {
    projects: [
      // Starting happy-dom takes longer than most files do, so files share a process and a page.
      // `setup.ts` cleans the page after each test and fails a test that leaves something running.
      {
        test: {
          ...shared,
          name: "page",
          isolate: false,
          include: ["test/**/*.test.{ts,mjs}"],
          exclude: [COUNTS_BLOCKS],
        },
      },
      { test: { ...shared, name: "counted", include: [COUNTS_BLOCKS] } },
    ],
  },
});
