import { defineConfig } from "vitest/config";

/** `make screens`: no test, but the same harness. */
export default defineConfig({
  test: { include: ["tests/e2e/screens.ts"], environment: "node", testTimeout: 600_000, hookTimeout: 300_000 },
});
