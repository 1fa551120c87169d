/** What carries poses beside the socket: datagrams of WebTransport, or a data channel of WebRTC. */
export type PoseCarrier = 'transport' | 'channel';

/** By which way poses go: beside the socket, by it, or by the events and requests that stand for it. */
export type PosesBy = PoseCarrier | 'socket' | 'stream';

/** A way for poses beside the room's socket, where frames may be lost. */
export interface PoseWay {
  /** One sits in this seat now: opens the way for it, in place of any before. `received` is given frames that come. */
  open(participant: number, received: (bytes: Uint8Array) => void): void;
  /** Sends a pose; `false` where the way does not carry it, so that it goes by the socket. */
  send(bytes: Uint8Array<ArrayBuffer>): boolean;
  /** By what it carries them now; undefined where it does not. */
  by(): PoseCarrier | undefined;
  close(): void;
}
