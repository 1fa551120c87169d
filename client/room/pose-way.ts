/** A way for poses beside the room's socket, where frames may be lost. */
export interface PoseWay {
  /** One sits in this seat now: opens the way for it, in place of any before. `received` is given frames that come. */
  open(participant: number, received: (bytes: Uint8Array) => void): void;
  /** Sends a pose; `false` where the way does not carry it, so that it goes by the socket. */
  send(bytes: Uint8Array<ArrayBuffer>): boolean;
  close(): void;
}
