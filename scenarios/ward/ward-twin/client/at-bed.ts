/** Devices at a bed: what is said of each, and what may be done with it there. */
import type { BedView, DeviceView, Tie } from './ward';
import type { Word } from './words';

/** A device that could be connected, as `…/devices` of the bed answers. */
export interface FreeDevice {
  readonly id: string;
  readonly name: string;
  readonly kind: { readonly zh: string; readonly en: string };
  /** The bed or ward where it stands; null where it has no place. */
  readonly place: string | null;
}

export type DeviceAct = 'connect' | 'disconnect';

/** What somebody is about to do, before they say so a second time. */
export interface Meant {
  readonly act: DeviceAct;
  readonly device: string;
  readonly name: string;
  /** Who lay there when they began: by now it may be somebody else, to whom nobody has said yes. */
  readonly patient: BedView['patient'];
}

/** What is asked before it is done, about whoever lies there as it is asked. */
export const meantAt = (act: DeviceAct, { id, name }: { readonly id: string; readonly name: string }, { patient }: BedView): Meant => ({ act, device: id, name, patient });

const TIES: Readonly<Record<Tie, { readonly word: Word; readonly acts: readonly DeviceAct[] }>> = {
  connected: { word: 'tieConnected', acts: ['disconnect'] },
  'of-bed': { word: 'tieOfBed', acts: ['connect', 'disconnect'] },
  'of-another': { word: 'tieOfAnother', acts: ['connect', 'disconnect'] },
  elsewhere: { word: 'tieElsewhere', acts: ['connect', 'disconnect'] },
  beside: { word: 'tieBeside', acts: [] },
};

export const tieWord = (tie: Tie): Word => TIES[tie].word;

/** Its values count for nobody until somebody says whose they are. */
export const isNobodys = ({ tie }: DeviceView): boolean => tie === 'of-another' || tie === 'elsewhere';

/** What may be done with a device: nothing is connected with nobody, or with somebody whom one does not see. */
export function actsOf({ tie }: DeviceView, bed: BedView): readonly DeviceAct[] {
  if (bed.occupied && bed.patient === null) return [];
  return TIES[tie].acts.filter((act) => act === 'disconnect' || bed.patient !== null);
}

/** Those that could be connected and do not stand here already. */
export const others = (free: readonly FreeDevice[], bed: BedView): readonly FreeDevice[] =>
  free.filter(({ id }) => bed.devices.every((device) => device.id !== id));

export function pathOf(ward: string, bed: string, device?: string): string {
  const parts = ['/api/wards', encodeURIComponent(ward), 'beds', encodeURIComponent(bed), 'devices'];
  return [...parts, ...(device === undefined ? [] : [encodeURIComponent(device)])].join('/');
}
