/** The vectors that both twins must agree on; tests/vectors/generate.py writes them. */

import { readdirSync, readFileSync } from "node:fs";

import { hexToBytes } from "@noble/hashes/utils.js";

import { decodeB64 } from "../../../web/protocol/encoding.ts";
import { ForgedError, KeysetError, MalformedError, NoMatchError } from "../../../web/protocol/errors.ts";

const FOLDER = new URL("../../vectors/", import.meta.url);

/** One scenario; each field has a getter that refuses another kind, so that a misspelt field fails a test. */
export class Vector {
  readonly name: string;
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(name: string, fields: unknown) {
    this.name = name;
    this.#fields = fields as Readonly<Record<string, unknown>>;
  }

  has(field: string): boolean {
    return field in this.#fields;
  }

  /** Return whatever stands there. */
  raw(field: string): unknown {
    if (!this.has(field)) {
      throw new Error(`${this.name} has no ${field}`);
    }
    return this.#fields[field];
  }

  text(field: string): string {
    return checkType(this.raw(field), "string", `${this.name} ${field}`) as string;
  }

  number(field: string): number {
    return checkType(this.raw(field), "number", `${this.name} ${field}`) as number;
  }

  truth(field: string): boolean {
    return checkType(this.raw(field), "boolean", `${this.name} ${field}`) as boolean;
  }

  texts(field: string): string[] {
    return this.list(field).map((entry) => checkType(entry, "string", `${this.name} ${field}`) as string);
  }

  numbers(field: string): number[] {
    return this.list(field).map((entry) => checkType(entry, "number", `${this.name} ${field}`) as number);
  }

  list(field: string): unknown[] {
    const value = this.raw(field);
    if (!Array.isArray(value)) {
      throw new Error(`${this.name} ${field} is no list`);
    }
    return value;
  }

  hex(field: string): Uint8Array {
    return hexToBytes(this.text(field));
  }

  b64(field: string): Uint8Array {
    return decodeB64(this.text(field));
  }

  get expect(): string {
    return this.text("expect");
  }
}

function checkType(value: unknown, type: string, what: string): unknown {
  if (typeof value !== type) {
    throw new Error(`${what} is no ${type}`);
  }
  return value;
}

/** Return the subjects there are. */
export function listSubjects(): string[] {
  const entries = readdirSync(FOLDER, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("__")).map((entry) => entry.name);
}

/** Return all scenarios of a subject. */
export function readSubject(subject: string): Vector[] {
  const files = readdirSync(new URL(`${subject}/`, FOLDER)).filter((file) => file.endsWith(".json"));
  return files.map((file) => readVector(`${subject}/${file.slice(0, -5)}`));
}

/** Return one scenario. */
export function readVector(name: string): Vector {
  return new Vector(name, JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf-8")));
}

/** Return what became of an act, in the words of the vectors. */
export async function outcome(act: () => unknown): Promise<string> {
  try {
    await act();
  } catch (error) {
    if (error instanceof KeysetError) {
      return error.reason;
    }
    if (error instanceof ForgedError) {
      return "forged";
    }
    if (error instanceof MalformedError) {
      return "malformed";
    }
    if (error instanceof NoMatchError) {
      return "no match";
    }
    throw error;
  }
  return "success";
}
