import { freePort, Program, removeDirectory, temporaryDirectory } from './process.ts';

/** A Redis server for the tests. It can be stopped and started again on the same port. */
export class Redis {
  readonly url: string;
  readonly #port: number;
  readonly #directory = temporaryDirectory();
  #program: Program | undefined;

  private constructor(port: number) {
    this.#port = port;
    this.url = `redis://127.0.0.1:${port}`;
  }

  static async start(): Promise<Redis> {
    const redis = new Redis(await freePort());
    await redis.start();
    return redis;
  }

  async start(): Promise<void> {
    const args = ['--port', String(this.#port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const ready = /Ready to accept connections/;
    [this.#program] = await Program.start('redis-server', args, { ready, directory: this.#directory });
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }

  async dispose(): Promise<void> {
    await this.#program?.kill();
    removeDirectory(this.#directory);
  }
}
