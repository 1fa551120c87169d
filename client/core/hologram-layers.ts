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
