/** The screen over a bed, painted on a canvas: the words of its row in the table. */
import { rateOf, shown, vitalOf } from './ward';
import type { AlarmView, BedView, WardView } from './ward';
import type { Say, Word } from './words';

export const SCREEN_px = [512, 320] as const;

const SIGN = { high: '▲', medium: '◆', low: '●' } as const;
const INK = { high: '#ff8a80', medium: '#ffd54f', low: '#80deea' } as const;

/** The lines of a screen: what it is, and what stands there. */
export function screenLines(bed: BedView, say: Say): readonly (readonly [string, string])[] {
  const value = (signal: string): string => {
    const vital = signal === 'heart-rate' ? rateOf(bed) : vitalOf(bed, signal);
    const text = shown(vital);
    return text === undefined ? '–' : vital?.fresh ? text : `${text} ${say('old')}`;
  };
  const result = bed.news2?.result;
  const news2 =
    result === undefined
      ? '–'
      : result.state === 'assessed'
        ? `${result.value} ${say(`band-${bed.news2?.band?.id ?? 'low'}` as Word)}`
        : say('missing', { n: result.missing.length });
  return [
    [say('news2'), news2],
    [say('hr'), value('heart-rate')],
    [say('spo2'), value('spo2')],
    [say('rr'), value('respiratory-rate')],
    [say('bp'), value('systolic')],
  ];
}

/** All that a screen says, to know whether it says something else now. */
export function screenWords(bed: BedView, alarm: AlarmView | undefined, say: Say, ward: WardView): readonly string[] {
  const who = bed.patient?.name ?? say(bed.occupied ? 'hidden' : 'empty');
  return [bed.name, who, ...screenLines(bed, say).flat(), alarm ? alarmWord(alarm, say, ward) : ''];
}

/** How urgent an alarm is, by shape and word. */
export function alarmWord({ alarm }: AlarmView, say: Say, ward: WardView): string {
  const { word } = ward.escalation[alarm.priority].signalling;
  return `${SIGN[alarm.priority]} ${say('language') === 'zh' ? word.zh : word.en}`;
}

export function paintScreen(canvas: HTMLCanvasElement, bed: BedView, alarm: AlarmView | undefined, say: Say, ward: WardView): void {
  const paper = canvas.getContext('2d');
  if (!paper) return;
  const [width, height] = SCREEN_px;
  paper.fillStyle = '#0b1214';
  paper.fillRect(0, 0, width, height);
  paper.font = '600 40px system-ui, "Noto Sans CJK SC", sans-serif';
  paper.fillStyle = '#e8eff0';
  const who = bed.patient?.name ?? say(bed.occupied ? 'hidden' : 'empty');
  paper.fillText(`${bed.name}  ${who}`, 16, 46, width - 32);
  if (bed.occupied) {
    screenLines(bed, say).forEach(([name, value], n) => {
      const y = 96 + n * 42;
      paper.font = '28px system-ui, "Noto Sans CJK SC", sans-serif';
      paper.fillStyle = '#a3b4ba';
      paper.fillText(name, 16, y, 180);
      paper.font = '600 34px system-ui, "Noto Sans CJK SC", sans-serif';
      paper.fillStyle = '#ffffff';
      paper.fillText(value, 210, y, width - 226);
    });
  }
  if (alarm) {
    paper.strokeStyle = INK[alarm.alarm.priority];
    paper.lineWidth = 10;
    paper.strokeRect(5, 5, width - 10, height - 10);
    paper.fillStyle = INK[alarm.alarm.priority];
    paper.font = '600 32px system-ui, "Noto Sans CJK SC", sans-serif';
    paper.fillText(alarmWord(alarm, say, ward), 16, height - 18, width - 32);
  }
}
