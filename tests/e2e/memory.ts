/** What lies in the memory of a browser's processes, freed or not, as Linux lets a parent see it. */

import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";

// One needle reaches over the end of a piece only if the next piece begins that much earlier.
const PIECE_SIZE = 1 << 24;
const OVERLAP_SIZE = 1 << 12;

/** Return the names of the needles that are found in any process below `pid`, itself included. */
export function searchMemory(pid: number, needles: ReadonlyMap<string, readonly Buffer[]>): string[] {
  const found = new Set<string>();
  for (const process of processesBelow(pid)) {
    for (const piece of piecesOf(process)) {
      for (const [name, forms] of needles) {
        if (!found.has(name) && forms.some((form) => piece.includes(form))) {
          found.add(name);
        }
      }
    }
  }
  return [...found].sort();
}

function processesBelow(pid: number): number[] {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), Number(/^PPid:\s+(\d+)/m.exec(readProc(name, "status"))?.[1])] as const);
  const all = [pid];
  // The list grows while it is walked: children of children follow.
  for (const each of all) {
    all.push(...parents.filter(([, parent]) => parent === each).map(([child]) => child));
  }
  return all;
}

function* piecesOf(pid: number): Generator<Buffer> {
  const buffer = Buffer.alloc(PIECE_SIZE);
  let file: number;
  try {
    file = openSync(`/proc/${pid}/mem`, "r");
  } catch {
    // The process has ended, and its memory with it.
    return;
  }
  for (const [from, to] of residentRegions(pid)) {
    for (let at = from; at < to; at += PIECE_SIZE - OVERLAP_SIZE) {
      let size = 0;
      try {
        size = readSync(file, buffer, 0, Math.min(PIECE_SIZE, to - at), at);
      } catch {
        // A region that was given back in the meantime, or is not for reading.
      }
      yield buffer.subarray(0, size);
    }
  }
  closeSync(file);
}

// Only what can be written to and takes room at all: a browser reserves terabytes that it never touches.
function residentRegions(pid: number): [number, number][] {
  const regions = readProc(String(pid), "smaps").matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw[^]*?^Rss:\s+(\d+) kB/gm);
  return Array.from(regions, ([, from = "", to = "", rss]) => [parseInt(from, 16), parseInt(to, 16), Number(rss)] as const)
    .filter(([, , rss]) => rss > 0)
    .map(([from, to]) => [from, to]);
}

function readProc(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}
