/** The client's words. A key that one language lacks does not compile. */
import type { Language } from '../core/language';
import { devices as devicesEn } from './devices.en';
import { devices as devicesZh } from './devices.zh';
import { functions as functionsEn } from './functions.en';
import { functions as functionsZh } from './functions.zh';
import { imaging as imagingEn } from './imaging.en';
import { imaging as imagingZh } from './imaging.zh';
import { inside as insideEn } from './inside.en';
import { inside as insideZh } from './inside.zh';
import { licence as licenceEn } from './licence.en';
import { licence as licenceZh } from './licence.zh';
import { memory as memoryEn } from './memory.en';
import { memory as memoryZh } from './memory.zh';
import { nodule as noduleEn } from './nodule.en';
import { nodule as noduleZh } from './nodule.zh';
import { order as orderEn } from './order.en';
import { order as orderZh } from './order.zh';
import { quality as qualityEn } from './quality.en';
import { quality as qualityZh } from './quality.zh';
import { reach as reachEn } from './reach.en';
import { reach as reachZh } from './reach.zh';
import { room as roomEn } from './room.en';
import { room as roomZh } from './room.zh';
import { shell as shellEn } from './shell.en';
import { shell as shellZh } from './shell.zh';
import { security as securityEn } from './security.en';
import { security as securityZh } from './security.zh';
import { signals as signalsEn } from './signals.en';
import { signals as signalsZh } from './signals.zh';
import { teaching as teachingEn } from './teaching.en';
import { teaching as teachingZh } from './teaching.zh';
import { upgrades as upgradesEn } from './upgrades.en';
import { upgrades as upgradesZh } from './upgrades.zh';
import { tools as toolsEn } from './tools.en';
import { tools as toolsZh } from './tools.zh';
import { voice as voiceEn } from './voice.en';
import { voice as voiceZh } from './voice.zh';
import { twin as twinEn } from './twin.en';
import { twin as twinZh } from './twin.zh';

/** What fills the places in a text. */
export type Params = Readonly<Record<string, string | number>>;

const en = { ...devicesEn, ...imagingEn, ...insideEn, ...licenceEn, ...memoryEn, ...noduleEn, ...orderEn, ...qualityEn, ...reachEn, ...roomEn, ...shellEn, ...securityEn, ...signalsEn, ...teachingEn, ...toolsEn, ...voiceEn, ...twinEn, ...upgradesEn, ...functionsEn };
/** Every text of the client. */
export type Key = keyof typeof en;
const zh: Readonly<Record<Key, string>> = { ...devicesZh, ...imagingZh, ...insideZh, ...licenceZh, ...memoryZh, ...noduleZh, ...orderZh, ...qualityZh, ...reachZh, ...roomZh, ...shellZh, ...securityZh, ...signalsZh, ...teachingZh, ...toolsZh, ...voiceZh, ...twinZh, ...upgradesZh, ...functionsZh };

export const WORDS: Readonly<Record<Language, Readonly<Record<Key, string>>>> = { zh, en };

/** Fills `{name}`, and chooses by number in `{name|one|other}`. */
export function fill(text: string, params: Params): string {
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g, (whole, name: string, one?: string, other?: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    if (one === undefined || other === undefined) return String(value);
    return Number(value) === 1 ? one : other;
  });
}

/** The text for a key. */
export function translate(language: Language, key: Key, params?: Params): string {
  const text = WORDS[language][key];
  return params ? fill(text, params) : text;
}
