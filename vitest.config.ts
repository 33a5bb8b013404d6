import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/{web,e2e}/**/*.test.ts"],
    environment: "node",
    globalSetup: "tests/e2e/prepared.ts",
    // A file marked `.slow` runs through ten thousand envelopes; `make test-fast` leaves it out.
    testTimeout: 60_000,
  },
});
