/**
 * The three ways in which bytes from outside can fail.
 *
 * No message ever holds a secret or says why a key did not fit.
 */

export type KeysetRefusal =
  | "signature"
  | "organisation"
  | "rollback"
  | "expired"
  | "frozen"
  | "conflict"
  | "missing"
  | "nobody";

/** The common parent, for callers to whom all three mean: show nothing of it. */
export class ProtocolError extends Error {
  override readonly name: string = "ProtocolError";
}

/** These are not our bytes; no honest program of this version has written them. */
export class MalformedError extends ProtocolError {
  override readonly name = "MalformedError";
}

/** It is not for us: well formed, but no identity of ours opens it. */
export class NoMatchError extends ProtocolError {
  override readonly name = "NoMatchError";
}

/** It is for us, and false: a MAC, a signature or a rule of the protocol does not hold. */
export class ForgedError extends ProtocolError {
  override readonly name: string = "ForgedError";
}

/** The keyset must not be sealed to; `reason` says which rule it breaks, so that a page can name the next step. */
export class KeysetError extends ForgedError {
  override readonly name = "KeysetError";
  readonly reason: KeysetRefusal;

  constructor(reason: KeysetRefusal) {
    super(`the keyset is refused: ${reason}`);
    this.reason = reason;
  }
}

/** Stop at a broken promise of our own code; Python's `assert`. Never used on bytes from outside. */
export function assert(holds: boolean, promise: string): asserts holds {
  if (!holds) {
    throw new Error(promise);
  }
}
