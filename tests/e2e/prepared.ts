/** The folder in which organisations are made once for all tests of a run (tests/e2e/organisation.ts). */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    prepared: string;
  }
}

/** Make the folder, empty; return what removes it. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "vp-prepared-"));
  project.provide("prepared", folder);
  return () => {
    rmSync(folder, { recursive: true, force: true });
  };
}
