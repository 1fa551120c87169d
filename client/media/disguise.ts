/** Another voice for those who do not want to be known by theirs. */
// The suffix is the bundler's: its address once it is built.
// oxlint-disable-next-line import/default
import worklet from './pitch-worklet?worker&url';

/** Far enough from one's own voice, near enough to be understood; which of them it is, chance says at each opening. */
const FACTORS = [0.74, 0.8, 1.26, 1.36] as const;

/** The microphone in another voice. What is stopped or ended stops and ends with the microphone itself. */
export async function disguised(microphone: MediaStreamTrack, random: () => number = Math.random): Promise<MediaStreamTrack> {
  const context = new AudioContext();
  try {
    await context.audioWorklet.addModule(worklet);
    const factor = FACTORS[Math.floor(random() * FACTORS.length)] ?? FACTORS[0];
    const shift = new AudioWorkletNode(context, 'pitch', { channelCount: 1, channelCountMode: 'explicit', processorOptions: { factor } });
    const out = context.createMediaStreamDestination();
    context.createMediaStreamSource(new MediaStream([microphone])).connect(shift).connect(out);
    await context.resume();
    const [track] = out.stream.getAudioTracks();
    if (!track) throw new DOMException('no changed voice', 'NotReadableError');
    const stop = track.stop.bind(track);
    track.stop = () => {
      stop();
      microphone.stop();
      void context.close();
    };
    microphone.onended = (event) => track.onended?.(event);
    return track;
  } catch (error) {
    // Their own voice must not be heard instead.
    microphone.stop();
    void context.close();
    throw error;
  }
}
