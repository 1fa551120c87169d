/** Buttons of the panel inside a headset. */
import type { App } from '../../core/app';
import type { PanelButton } from '../../xr/panel';

export const button = (id: string, label: string, pressed?: boolean): PanelButton => ({ id, label, ...(pressed === undefined ? {} : { pressed }) });
export const when = (is: boolean, ...some: PanelButton[]): PanelButton[] => (is ? some : []);

/** For whoever has no thumbstick: each press turns oneself by one step, and so does looking on. */
export const turnButtons = (t: App['t']): PanelButton[] => (['left', 'right'] as const).map((side) => ({ ...button(`turn:${side}`, t(`inside.turn.${side}`)), repeats: true }));
