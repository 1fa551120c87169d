/** A browser's recorder, for tests: gives its sound some time after it was stopped. */
export class FakeRecorder {
  /** How many were made; a test that counts them begins at 0. */
  static made = 0;
  readonly name = String(++FakeRecorder.made);
  state = 'inactive';
  ondataavailable: ((event: { data: Blob & { name?: string } }) => void) | undefined;
  start(): void {
    this.state = 'recording';
  }
  stop(): void {
    if (this.state === 'inactive') throw new DOMException('not recording', 'InvalidStateError');
    this.state = 'inactive';
    setTimeout(() => this.ondataavailable?.({ data: Object.assign(new Blob(['sound'], { type: 'audio/webm' }), { name: this.name }) }), 20);
  }
}
