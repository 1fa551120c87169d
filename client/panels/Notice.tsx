/** A sentence that matters; its kind is said by sign and words, not by colour alone. */
import type { JSX } from 'solid-js';
import { Icon } from './Icon';
import type { IconName } from './Icon';

type NoticeKind = 'note' | 'good' | 'warn' | 'bad';
const SIGNS: Readonly<Record<NoticeKind, IconName>> = { note: 'info', good: 'check', warn: 'alert', bad: 'alert' };

export function Notice(props: { kind?: NoticeKind; children: JSX.Element }): JSX.Element {
  const kind = (): NoticeKind => props.kind ?? 'note';
  return (
    <div class={`notice ${kind()}`} role={kind() === 'bad' ? 'alert' : undefined}>
      <Icon name={SIGNS[kind()]} />
      <div>{props.children}</div>
    </div>
  );
}
