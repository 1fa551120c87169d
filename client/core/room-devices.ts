/** Which microphone, camera and loudspeaker somebody has chosen, a setting of this device, and which there are. */
import { createSignal, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { Choice, Chosen } from '../media/capture';
import { devicesNow, onDevices } from '../media/trouble';

const KEPT_AS = 'room-devices';
const KINDS = ['audioinput', 'audiooutput', 'videoinput'] as const;

export interface RoomDevices {
  readonly found: Accessor<readonly MediaDeviceInfo[]>;
  readonly chosen: Accessor<Chosen>;
  /** Chooses one, or the usual one by an empty name. */
  choose(kind: MediaDeviceKind, id: string): void;
  /** Looks again which there are. */
  look(): Promise<void>;
}

/** Follows what is plugged in while the caller lives; `isIn` says whether one is among the voices. */
export function createRoomDevices(isIn: () => boolean): RoomDevices {
  const [found, setFound] = createSignal<readonly MediaDeviceInfo[]>([]);
  const [chosen, setChosen] = createSignal<Chosen>(chosenBefore());

  async function look(): Promise<void> {
    try {
      const all = await devicesNow(found());
      // Who has never allowed this page a device is told of none by name: there is nothing to choose before they join.
      setFound(isIn() || all.some(({ label }) => label !== '') ? all : []);
    } catch {
      setFound([]);
    }
  }

  // What is plugged in later can be chosen too.
  onCleanup(onDevices(() => void look()));
  void look();

  return {
    found,
    chosen,
    choose(kind, id) {
      setChosen((all) => ({ ...all, [kind]: { id } }));
      const kept = Object.entries(chosen()).flatMap(([of, choice]) => (choice.id === '' ? [] : [[of, choice.id] as const]));
      globalThis.localStorage?.setItem(KEPT_AS, JSON.stringify(Object.fromEntries(kept)));
    },
    look,
  };
}

/** What was chosen here before; anything else that is kept under that name is no choice. */
function chosenBefore(): Chosen {
  const all: Partial<Record<MediaDeviceKind, Choice>> = {};
  for (const kind of KINDS) {
    const id = keptOf(kind);
    if (typeof id === 'string' && id !== '') all[kind] = { id, isOfBefore: true };
  }
  return all;
}

function keptOf(kind: MediaDeviceKind): unknown {
  try {
    const kept: unknown = JSON.parse(globalThis.localStorage?.getItem(KEPT_AS) ?? '{}');
    return typeof kept === 'object' && kept !== null ? Reflect.get(kept, kind) : undefined;
  } catch {
    return undefined;
  }
}
