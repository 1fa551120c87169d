/** A line to the hospital that can be cut, as a cable is: both ends see it break, and nobody gets through until it is mended. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

export class Cable {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #whole = true;

  private constructor(host: string, port: number) {
    this.#server = createServer((near) => {
      if (!this.#whole) return void near.destroy();
      const far = connect(port, host);
      for (const [end, other] of [[near, far], [far, near]] as const) {
        this.#sockets.add(end);
        end.on('error', () => other.destroy());
        end.on('close', () => {
          this.#sockets.delete(end);
          other.destroy();
        });
      }
      near.pipe(far).pipe(near);
    });
  }

  /** Lays a line to the hospital of the journeys. */
  static async lay(): Promise<Cable> {
    const { hostname, port } = new URL(process.env['YUANYI_URL'] ?? '');
    const cable = new Cable(hostname, Number(port));
    await new Promise<void>((done) => cable.#server.listen(0, '127.0.0.1', done));
    return cable;
  }

  /** The hospital's address by this line. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.#whole = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#whole = true;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}
