/** What a page's JavaScript heap holds, as Chromium's own debugger writes it down after collecting its garbage. */

import type { Page } from "puppeteer-core";

interface Snapshot {
  readonly snapshot: { readonly meta: Meta };
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
  readonly strings: readonly string[];
}

interface Meta {
  readonly node_fields: readonly string[];
  readonly edge_fields: readonly string[];
  readonly edge_types: readonly [readonly string[]];
}

/** One snapshot. Contents of typed arrays are not in it. */
export class Heap {
  readonly #snapshot: Snapshot;

  private constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
  }

  static async take(page: Page): Promise<Heap> {
    const session = await page.createCDPSession();
    const chunks: string[] = [];
    session.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => chunks.push(chunk));
    await session.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
    await session.detach();
    return new Heap(JSON.parse(chunks.join("")) as Snapshot);
  }

  /** Say whether a text is part of any string. Strings of one or two bytes a character are written down alike. */
  holds(text: string): boolean {
    return this.#snapshot.strings.some((each) => each.includes(text));
  }

  /** Say whether any array holds these texts in a row: each word of a code alone is on a public list. */
  holdsRow(texts: readonly string[]): boolean {
    return this.#rows().some((row) => row.join("\0").includes(texts.join("\0")));
  }

  #rows(): string[][] {
    const { snapshot, nodes, edges, strings } = this.#snapshot;
    const { node_fields: nodeFields, edge_fields: edgeFields, edge_types: [edgeTypes] } = snapshot.meta;
    const [name, count] = [nodeFields.indexOf("name"), nodeFields.indexOf("edge_count")];
    const [type, index, to] = ["type", "name_or_index", "to_node"].map((field) => edgeFields.indexOf(field)) as [number, number, number];
    const places = ["element", "internal"].map((each) => edgeTypes.indexOf(each));
    const rows: string[][] = [];
    let edge = 0;
    for (let node = 0; node < nodes.length; node += nodeFields.length) {
      const row: [number, string][] = [];
      for (let i = 0; i < (nodes[node + count] ?? 0); i += 1, edge += edgeFields.length) {
        if (places.includes(edges[edge + type] ?? -1)) {
          row.push([edges[edge + index] ?? 0, strings[nodes[(edges[edge + to] ?? 0) + name] ?? 0] ?? ""]);
        }
      }
      if (row.length >= 8 && row.length <= 64) {
        rows.push(row.sort(([a], [b]) => a - b).map(([, text]) => text));
      }
    }
    return rows;
  }
}
