/** A slow connection between browser and portal, the same for every browser: TCP with a latency and a rate. */

import { connect, createServer, type Server, type Socket } from "node:net";

import { freePort } from "./organisation.ts";

/** How slow: bytes a second in each direction, and milliseconds there and back. */
export interface Speed {
  readonly bytesPerSecond: number;
  readonly milliseconds: number;
}

// What a packet carries; a larger piece would arrive all at once.
const PACKET_SIZE = 1_460;

/** One direction, which all connections share: packets leave one after the other and arrive half a round trip later. */
class Lane {
  readonly #speed: Speed;
  readonly #onTheWay: (() => void)[] = [];
  #free = 0;

  constructor(speed: Speed) {
    this.#speed = speed;
  }

  carry(size: number, arrive: () => void): void {
    const now = performance.now();
    this.#free = Math.max(now, this.#free) + (size * 1000) / this.#speed.bytesPerSecond;
    this.#onTheWay.push(arrive);
    // Timers of nearly the same time may overtake each other; packets do not.
    setTimeout(() => this.#onTheWay.shift()?.(), this.#free - now + this.#speed.milliseconds / 2);
  }
}

/** The connection; `address` is where a browser finds the portal behind it. */
export class Link {
  readonly address: string;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.address = `http://127.0.0.1:${port}`;
  }

  static async start(portal: string, speed: Speed): Promise<Link> {
    const port = await freePort();
    const server = createServer();
    const link = new Link(server, port);
    const [up, down] = [new Lane(speed), new Lane(speed)];
    const { hostname, port: portalPort } = new URL(portal);
    server.on("connection", (near) => {
      const far = connect(Number(portalPort), hostname);
      // The handshake takes a round trip on a real line, and none here; so the first byte waits.
      near.pause();
      setTimeout(() => near.resume(), speed.milliseconds);
      link.#forward(near, far, up);
      link.#forward(far, near, down);
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return link;
  }

  async stop(): Promise<void> {
    for (const socket of this.#open) {
      socket.destroy();
    }
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #forward(from: Socket, to: Socket, lane: Lane): void {
    this.#open.add(from);
    from.on("data", (data: Buffer) => {
      for (let start = 0; start < data.length; start += PACKET_SIZE) {
        const packet = data.subarray(start, start + PACKET_SIZE);
        lane.carry(packet.length, () => to.writable && to.write(packet));
      }
    });
    from.on("end", () => {
      lane.carry(0, () => to.end());
    });
    from.on("error", () => to.destroy());
    from.on("close", () => this.#open.delete(from));
  }
}
