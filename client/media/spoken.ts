/** Recording one thing that somebody says. */

/** An order is not longer than this. */
const LONGEST_ms = 5_000;
/** Who was silent this long after they spoke has said it. */
const SILENCE_ms = 1_200;
/** So loud is somebody who speaks, as the root of the mean square of the wave. */
const SPOKEN = 0.015;
const LISTEN_EVERY_ms = 50;

/** Says how loud it is now. */
export interface Meter {
  level(): number;
  close(): void;
}

export interface Spoken {
  /** What was said; undefined where nobody spoke. */
  readonly sound: Promise<Blob | undefined>;
  /** It has been said; what was heard so far counts. */
  stop(): void;
}

/** Records until it is stopped, until somebody who spoke falls silent, or for five seconds. The microphone is given back. */
export function recordSpoken(track: MediaStreamTrack, meter: Meter = meterOf(track)): Spoken {
  const recorder = new MediaRecorder(new MediaStream([track]));
  const stop = (): void => {
    if (recorder.state === 'recording') recorder.stop();
  };
  let [hasSpoken, silent_ms] = [false, 0];
  const listening = setInterval(() => {
    const speaks = meter.level() > SPOKEN;
    hasSpoken ||= speaks;
    silent_ms = speaks ? 0 : silent_ms + LISTEN_EVERY_ms;
    if (hasSpoken && silent_ms >= SILENCE_ms) stop();
  }, LISTEN_EVERY_ms);
  const longest = setTimeout(stop, LONGEST_ms);
  const sound = new Promise<Blob | undefined>((resolve) => {
    recorder.ondataavailable = ({ data }) => {
      clearInterval(listening);
      clearTimeout(longest);
      meter.close();
      track.stop();
      resolve(hasSpoken && data.size > 0 ? data : undefined);
    };
  });
  recorder.start();
  return { sound, stop };
}

function meterOf(track: MediaStreamTrack): Meter {
  const ear = new AudioContext();
  const analyser = ear.createAnalyser();
  ear.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const wave = new Float32Array(analyser.fftSize);
  return {
    level() {
      analyser.getFloatTimeDomainData(wave);
      return Math.sqrt(wave.reduce((sum, sample) => sum + sample * sample, 0) / wave.length);
    },
    close: () => void ear.close(),
  };
}
