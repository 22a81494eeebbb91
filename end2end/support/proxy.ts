// Proxies between a browser and a server, and their faults.

import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, request, type Server as HttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * A network that can freeze: nothing gets through, nothing is closed, and the data on its way arrives when it thaws.
 */
export class Network {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  readonly #state: { frozen: boolean };

  private constructor(server: Server, sockets: Set<Socket>, state: { frozen: boolean }) {
    this.#server = server;
    this.#sockets = sockets;
    this.#state = state;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(to: string): Promise<Network> {
    const { hostname, port } = new URL(to);
    const sockets = new Set<Socket>();
    const state = { frozen: false };
    const server = createServer((near) => {
      const far = connect(Number(port), hostname);
      for (const [from, into] of [[near, far], [far, near]] as const) {
        sockets.add(from);
        from.setNoDelay(true);
        from.on('error', () => {});
        from.on('close', () => {
          sockets.delete(from);
          into.destroy();
        });
        from.on('data', (data) => into.write(data));
        if (state.frozen) from.pause();
      }
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Network(server, sockets, state);
  }

  freeze(): void {
    this.#state.frozen = true;
    for (const socket of this.#sockets) socket.pause();
  }

  thaw(): void {
    this.#state.frozen = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /** Thaws for new connections only: the existing ones stay silent for ever, as after a change of address. */
  thawForNewOnes(): void {
    this.#state.frozen = false;
  }

  async dispose(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** A load balancer: it passes each connection to the next of several servers that accepts it. */
export class Balancer {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(to: string[]): Promise<Balancer> {
    const sockets = new Set<Socket>();
    let turn = 0;
    const pass = (near: Socket, tries: number) => {
      const { hostname, port } = new URL(to[turn++ % to.length]!);
      const far = connect(Number(port), hostname);
      far.once('connect', () => {
        for (const [from, into] of [[near, far], [far, near]] as const) {
          sockets.add(from);
          from.on('close', () => {
            sockets.delete(from);
            into.destroy();
          });
          from.pipe(into);
        }
      });
      far.on('error', () => {
        if (!sockets.has(far) && tries > 0) pass(near, tries - 1);
        else near.destroy();
      });
    };
    const server = createServer((near) => {
      near.on('error', () => {});
      pass(near, to.length - 1);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Balancer(server, sockets);
  }

  async dispose(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** The misconfiguration of a proxy. */
export interface Fault {
  /** The proxy forwards no WebSockets. */
  noSockets?: boolean;
  /** The proxy forwards its own name for the server, not the browser's. */
  otherHost?: boolean;
}

/** An HTTP proxy such as people run in front of a server. Its fault can be corrected while it runs. */
export class HttpProxy {
  readonly url: string;
  readonly fault: Fault;
  readonly #server: HttpServer;
  readonly #streams: Set<Duplex>;

  private constructor(server: HttpServer, streams: Set<Duplex>, fault: Fault) {
    this.#server = server;
    this.#streams = streams;
    this.fault = fault;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(to: string, fault: Fault): Promise<HttpProxy> {
    const target = new URL(to);
    const streams = new Set<Duplex>();
    const options = (incoming: IncomingMessage, drop: string[] = []) => ({
      host: target.hostname,
      port: target.port,
      method: incoming.method,
      path: incoming.url,
      headers: {
        ...Object.fromEntries(Object.entries(incoming.headers).filter(([name]) => !drop.includes(name))),
        ...(fault.otherHost ? { host: target.host } : {}),
      },
    });
    const server = createHttpServer((incoming, outgoing) => {
      const onward = request(options(incoming), (answer) => {
        outgoing.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on('error', () => outgoing.destroy());
      incoming.pipe(onward);
    });
    server.on('upgrade', (incoming, near) => {
      streams.add(near);
      near.on('error', () => {});
      near.on('close', () => streams.delete(near));
      const onward = request(options(incoming, fault.noSockets ? ['upgrade', 'connection'] : []));
      onward.on('error', () => near.destroy());
      onward.on('response', (answer) => {
        near.end(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
        answer.resume();
      });
      onward.on('upgrade', (answer, far) => {
        const headers = answer.rawHeaders.flatMap((name, at) => (at % 2 ? [] : [`${name}: ${answer.rawHeaders[at + 1]}\r\n`]));
        near.write(`HTTP/1.1 101 Switching Protocols\r\n${headers.join('')}\r\n`);
        streams.add(far);
        far.on('error', () => {});
        far.on('close', () => near.destroy());
        near.on('close', () => far.destroy());
        far.pipe(near);
        near.pipe(far);
      });
      onward.end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new HttpProxy(server, streams, fault);
  }

  async dispose(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    for (const stream of this.#streams) stream.destroy();
  }
}
