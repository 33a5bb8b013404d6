import { defineConfig } from "vitest/config";

/** `make screens`: no test, but the same harness. */
export default defineConfig({
  test: { include: ["tests/e2e/screens.ts", "tests/e2e/screens-desk.ts"], environment: "node", globalSetup: "tests/e2e/prepared.ts", testTimeout: 600_000, hookTimeout: 300_000 },
});
