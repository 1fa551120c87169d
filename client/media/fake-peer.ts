/** What a browser would open or receive, for tests. */
export class FakeTrack {
  readyState = 'live';
  stopped = false;
  /** The microphone that this is another voice of. */
  of: FakeTrack | undefined;
  onended: (() => void) | null = null;
  stop(): void {
    this.stopped = true;
  }
}

/** A browser's peer connection, for tests. It comes about when the test says so, and counts its sections from 0 each time. */
export class FakePeer {
  /** Those that were made; a test that looks at them begins with none. */
  static all: FakePeer[] = [];
  connectionState = 'new';
  onconnectionstatechange: (() => void) | null = null;
  localDescription = { sdp: 'v=0' };
  readonly made: { mid: string; sender: { track: unknown; replaceTrack(track: unknown): Promise<void> }; receiver: { track: FakeTrack } }[] = [];
  refuses = false;

  constructor() {
    FakePeer.all.push(this);
  }

  addTransceiver(): unknown {
    const sender = {
      track: null as unknown,
      replaceTrack: async (track: unknown) => {
        if (this.refuses) throw new DOMException('closed', 'InvalidStateError');
        sender.track = track;
      },
    };
    const one = { mid: String(this.made.length), sender, receiver: { track: new FakeTrack() } };
    this.made.push(one);
    return one;
  }

  async createOffer(): Promise<object> {
    return {};
  }
  async setLocalDescription(): Promise<void> {}
  async setRemoteDescription(): Promise<void> {}
  getTransceivers(): unknown {
    return this.made;
  }

  become(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  close(): void {
    this.connectionState = 'closed';
  }
}
