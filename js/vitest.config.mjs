import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "happy-dom",
    setupFiles: ["test/support/setup.ts"],
    restoreMocks: true,
    testTimeout: 60_000,
  },
});
