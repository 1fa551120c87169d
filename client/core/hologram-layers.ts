/** How the surfaces of a hologram are shown. */
import type { Hologram, Layer } from '../stage/room-view';

/** It lies around all else: it is shown when somebody asks for it. */
export const SKIN = 'skin';

/** Rings and names on the lesions that are known. */
export const LESIONS = 'lesions';

/** How a surface is shown, also where nobody has changed that yet. */
export function layerOf(hologram: Pick<Hologram, 'layers'> | undefined, name: string): Layer {
  return hologram?.layers[name] ?? { visible: name !== SKIN, opacity: 1 };
}

/** What of a hologram decides which surfaces are drawn where. */
export type Parts = Pick<Hologram, 'mode' | 'layers' | 'only' | 'apart'>;

/** Whether a surface is drawn: a lesion is seen in every mode; other surfaces not beside the volume alone. */
export function drawnLayer({ mode, layers, only, apart = 0 }: Parts, name: string, isLesion: boolean): Layer {
  const chosen = layerOf({ layers }, name);
  // One that stands alone is seen, whatever was hidden before; the volume cannot be taken apart, so surfaces show it.
  if (only) return { visible: only === name, opacity: Math.max(chosen.opacity, 0.2) };
  const wanted = mode !== 'volume' || apart > 0 || isLesion;
  return { visible: chosen.visible && wanted && chosen.opacity > 0.01, opacity: chosen.opacity };
}
