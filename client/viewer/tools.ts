/** What the pointer does on a picture, and the keys of the viewer: one table for the hand and for the help. */
import type { MarkKind } from './measure';
import { POINTS } from './measure';

export type ViewTool = 'scroll' | 'window' | 'pan' | 'zoom' | 'cross';
/** A click finds a nodule; a brush changes the outline that is in hand. */
export type MaskTool = 'nodule' | 'brush' | 'eraser';
export type Tool = ViewTool | MarkKind | MaskTool;

/** In the order of the tool bar. `cross` is there only where planes are linked. */
export const VIEWER_TOOLS: readonly Tool[] = ['scroll', 'window', 'pan', 'zoom', 'cross', 'length', 'angle', 'rectangle', 'ellipse', 'probe', 'text', 'nodule', 'brush', 'eraser'];

/** Tools of nodules. */
export const MASK_TOOLS: readonly MaskTool[] = ['nodule', 'brush', 'eraser'];

export function isMaskTool(tool: Tool): tool is MaskTool {
  return (MASK_TOOLS as readonly Tool[]).includes(tool);
}

export function isBrush(tool: Tool): tool is 'brush' | 'eraser' {
  return tool === 'brush' || tool === 'eraser';
}

export function isMarkKind(tool: Tool): tool is MarkKind {
  return tool in POINTS;
}

/** What a key asks for besides a tool. */
export type Command =
  | 'next'
  | 'previous'
  | 'next-ten'
  | 'previous-ten'
  | 'first'
  | 'last'
  | 'zoom-in'
  | 'zoom-out'
  | 'fit'
  | 'turn'
  | 'mirror-across'
  | 'mirror-down'
  | 'invert'
  | 'cine'
  | 'key-image'
  | 'mpr'
  | 'grid'
  | 'present'
  | 'overlay'
  | 'drawings'
  | 'undo'
  | 'redo'
  | 'remove'
  | 'smaller'
  | 'larger'
  | 'next-pane'
  | 'help'
  | 'preset-1'
  | 'preset-2'
  | 'preset-3'
  | 'preset-4'
  | 'preset-5'
  | 'preset-auto'
  | 'preset-own';

export type KeyAction = { readonly tool: Tool } | { readonly command: Command };

/** Keys as `KeyboardEvent.key` names them, in lower case where they are letters. */
export const VIEWER_KEYS: Readonly<Record<string, KeyAction>> = {
  ArrowDown: { command: 'next' },
  ArrowRight: { command: 'next' },
  ArrowUp: { command: 'previous' },
  ArrowLeft: { command: 'previous' },
  PageDown: { command: 'next-ten' },
  PageUp: { command: 'previous-ten' },
  Home: { command: 'first' },
  End: { command: 'last' },
  '+': { command: 'zoom-in' },
  '=': { command: 'zoom-in' },
  '-': { command: 'zoom-out' },
  f: { command: 'fit' },
  ']': { command: 'turn' },
  h: { command: 'mirror-across' },
  v: { command: 'mirror-down' },
  i: { command: 'invert' },
  c: { command: 'cine' },
  k: { command: 'key-image' },
  m: { command: 'mpr' },
  g: { command: 'grid' },
  n: { command: 'present' },
  b: { command: 'overlay' },
  d: { command: 'drawings' },
  z: { tool: 'zoom' },
  s: { tool: 'scroll' },
  w: { tool: 'window' },
  p: { tool: 'pan' },
  x: { tool: 'cross' },
  l: { tool: 'length' },
  a: { tool: 'angle' },
  r: { tool: 'rectangle' },
  e: { tool: 'ellipse' },
  o: { tool: 'probe' },
  t: { tool: 'text' },
  j: { tool: 'nodule' },
  u: { tool: 'brush' },
  y: { tool: 'eraser' },
  Delete: { command: 'remove' },
  Backspace: { command: 'remove' },
  '`': { command: 'next-pane' },
  '?': { command: 'help' },
  '1': { command: 'preset-1' },
  '2': { command: 'preset-2' },
  '3': { command: 'preset-3' },
  '4': { command: 'preset-4' },
  '5': { command: 'preset-5' },
  '6': { command: 'preset-auto' },
  '0': { command: 'preset-own' },
};

/** What a key press asks for; `undefined` where it belongs to the browser or the page. */
export function actionOf(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>): KeyAction | undefined {
  const letter = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.altKey) return undefined;
  if (event.ctrlKey || event.metaKey) {
    if (letter === 'z') return { command: event.shiftKey ? 'redo' : 'undo' };
    return letter === 'y' ? { command: 'redo' } : undefined;
  }
  return VIEWER_KEYS[letter];
}
