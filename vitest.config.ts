import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/{web,e2e}/**/*.test.ts"],
    environment: "node",
    globalSetup: "tests/e2e/prepared.ts",
    // A file marked `.slow` runs through ten thousand envelopes; `make test-fast` leaves it out.
    testTimeout: 60_000,
    // Three browsers share two cores: what comes soon on a person's device may take seconds here.
    expect: { poll: { timeout: 10_000 } },
  },
});
