/** What comes of what happens in a room's space, whether a hologram stands in it or not. */
import { untrack } from 'solid-js';
import type { App } from '../../core/app';
import type { RoomControl } from '../../core/room-control';
import { heldWords } from '../../core/room-hands';
import type { RoomPages } from '../../core/room-pages';
import type { Lean } from '../../stage/seats';
import type { Space } from '../../stage/space';

export interface SpaceProps {
  readonly control: RoomControl;
  /** What is seen of the pages that stand here. */
  readonly pages: RoomPages;
  /** Whether one works with what stands here. */
  readonly works?: boolean;
  /** A page that stands there was pressed. */
  onPage?(): void;
  /** Somebody went inside with a headset. */
  onEntered?(): void;
  /** How a webcam sees the own head lean. */
  leans?(): Lean | undefined;
}

/** Wires a space to its page; `props` may change. */
export function wireSpace(space: Space, props: SpaceProps, app: App): void {
  space.leans = () => props.leans?.();
  space.things.able = () => untrack(() => props.works ?? true);
  space.pages.cardOf = (id) => untrack(() => props.pages.cardOf(id));
  space.events.on('entered', () => props.onEntered?.());
  space.events.on('locked', ({ name }) => app.toast(() => app.t('lock.refused', { name })));
  space.events.on('refused', ({ by, id }) => {
    const name = props.control.people().find((one) => String(one.id) === by)?.name ?? '';
    const { what } = heldWords(props.control.view.entities().get(id)?.entity, app.t);
    app.toast(() => app.t('stage.held', { name, what }));
  });
  space.events.on('step', ({ step }) => app.announce(app.t(`step.${step}`, { words: step === 'placed' ? app.t('replay.what.line') : '' })));
  space.events.on('page', ({ id, isAbove, isInside }) => {
    props.pages.press(id, isAbove, isInside);
    props.onPage?.();
  });
}
