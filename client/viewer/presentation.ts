/** Presentation states applied to pictures (PS3.3 C.10 and C.11, PS3.4 annex N): window, turn, part shown, marks. */
import type { Annotation, DisplayedArea, GraphicLayer, ImageFrames, PresentationState, Table } from '../../contract/imaging';
import type { Lut } from './lut';
import { FIRST_VIEW } from './view';
import type { Area, View } from './view';
import { AS_THEY_ARE } from './window';
import type { GreyWindow, Rescale } from './window';

/** A picture by its object. */
export interface PictureRef {
  readonly sop: string;
  /** From 1. */
  readonly frame: number;
}

const names = (on: readonly ImageFrames[], { sop, frame }: PictureRef): boolean =>
  on.some((image) => image.sop === sop && (image.frames.length === 0 || image.frames.includes(frame)));

/** Whether a state is about a picture. */
export function isAbout(state: PresentationState, picture: PictureRef): boolean {
  return names(state.images, picture);
}

/** Of parts of a state, the first that holds for a picture; parts that name none hold for all. */
function partFor<Part extends { readonly on: readonly ImageFrames[] }>(parts: readonly Part[], picture: PictureRef): Part | undefined {
  return parts.find(({ on }) => on.length === 0 || names(on, picture));
}

const tables = new WeakMap<Table, Lut>();

/** A table of a state, made ready once. */
export function lutOfTable(table: Table, name?: string): Lut {
  const known = tables.get(table);
  if (known) return known;
  const lut: Lut = { first: table.first, most: table.most, entries: Uint16Array.from(table.entries), name: name || undefined };
  tables.set(table, lut);
  return lut;
}

const windows = new WeakMap<object, GreyWindow>();

/** The window in which a state shows a picture. */
export function windowOfState(state: PresentationState, picture: PictureRef): GreyWindow | undefined {
  const part = partFor(state.windows, picture);
  if (!part) return undefined;
  const known = windows.get(part);
  if (known) return known;
  const { shown, name } = part;
  const window: GreyWindow =
    shown.kind === 'window'
      ? { centre: shown.centre, width: shown.width, shape: shown.shape }
      : { centre: shown.table.first + shown.table.entries.length / 2, width: Math.max(1, shown.table.entries.length), table: lutOfTable(shown.table, name) };
  windows.set(part, window);
  return window;
}

/** How a state makes measured values of stored ones. */
export function modalityOfState({ modality }: PresentationState): { readonly rescale: Rescale; readonly table: Lut | undefined } {
  if (modality?.kind === 'rescale') return { rescale: { slope: modality.slope, intercept: modality.intercept }, table: undefined };
  // What a state leaves out is not applied.
  return { rescale: AS_THEY_ARE, table: modality && lutOfTable(modality.table) };
}

/** The part of a picture that a state shows. */
export function areaOfState(state: PresentationState, picture: PictureRef): DisplayedArea | undefined {
  return partFor(state.areas, picture);
}

/** The same as a part to be fitted. The size of a screen's pixels is not known: true size is fitted too. */
export function fittedArea(area: DisplayedArea | undefined): Area | undefined {
  if (!area) return undefined;
  const [[left, top], [right, bottom]] = [area.top_left, area.bottom_right];
  const edges = { left: left - 0.5, top: top - 0.5, right: right + 0.5, bottom: bottom + 0.5 };
  return area.mode === 'magnify' && area.magnification ? { ...edges, magnification: area.magnification } : edges;
}

/** A state turns first and mirrors then; the viewer mirrors first: then it has to turn the other way round. */
export function viewOfState(state: PresentationState): View {
  const quarters = ((Math.round(state.rotation_deg / 90) % 4) + 4) % 4;
  const turns = (state.flipped ? (4 - quarters) % 4 : quarters) as View['turns'];
  return { ...FIRST_VIEW, turns, mirrored: state.flipped };
}

/** What a state draws on a picture, each annotation with its layer, the lowest first. */
export function drawnOn(state: PresentationState, picture: PictureRef): readonly { readonly annotation: Annotation; readonly layer: GraphicLayer | undefined }[] {
  const layers = new Map(state.layers.map((layer) => [layer.name, layer]));
  return state.annotations
    .filter(({ on }) => on.length === 0 || names(on, picture))
    .map((annotation) => ({ annotation, layer: layers.get(annotation.layer) }))
    .sort((a, b) => (a.layer?.order ?? 0) - (b.layer?.order ?? 0));
}
