/** Buttons of the panel inside a headset. */
import type { PanelButton } from '../../xr/panel';

export const button = (id: string, label: string, pressed?: boolean): PanelButton => ({ id, label, ...(pressed === undefined ? {} : { pressed }) });
export const when = (is: boolean, ...some: PanelButton[]): PanelButton[] => (is ? some : []);
