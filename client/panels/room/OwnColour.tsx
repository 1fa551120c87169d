/** The colour that one wears in rooms: chosen here, kept on this device, judged by the room. */
import { For, createEffect, on } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Participant } from '../../../contract/room';
import { useApp } from '../../core/app';
import { PALETTE, inkOn } from '../../core/palette';
import type { RoomOrder } from '../../core/room-order';

const KEPT_AS = 'room-colour';

export function OwnColour(props: { order: RoomOrder; people: readonly Participant[] }): JSX.Element {
  const app = useApp();
  const own = (): Participant | undefined => props.order.own();
  const wornBy = (colour: string): string | undefined => props.people.find((one) => one.colour === colour && one.id !== own()?.id)?.name;
  const wear = (colour: string): void => {
    localStorage.setItem(KEPT_AS, colour);
    props.order.act({ act: 'wear', colour });
  };
  // Who comes back wears what they wore, where nobody else does.
  createEffect(
    on(
      () => own()?.id,
      (seat) => {
        const kept = localStorage.getItem(KEPT_AS);
        if (seat !== undefined && kept && kept !== own()?.colour && wornBy(kept) === undefined) props.order.act({ act: 'wear', colour: kept });
      },
    ),
  );
  return (
    <div class="swatches" role="radiogroup" aria-label={app.t('colour.title')}>
      <span aria-hidden="true" class="soft small">{app.t('colour.title')}</span>
      <For each={PALETTE}>
        {(colour, at) => {
          const name = (): string => app.t(`colour.name.${at() as 0}`);
          const label = (): string => (wornBy(colour) === undefined ? name() : `${name()}, ${app.t('colour.taken', { name: wornBy(colour) ?? '' })}`);
          return (
            <label class="swatch-choice" title={label()} style={{ background: colour, color: inkOn(colour) }}>
              <input
                type="radio"
                name="own-colour"
                value={colour}
                aria-label={label()}
                checked={own()?.colour === colour}
                disabled={wornBy(colour) !== undefined}
                onChange={() => wear(colour)}
              />
              <span aria-hidden="true">{own()?.colour === colour ? '✓' : wornBy(colour) === undefined ? '' : '×'}</span>
            </label>
          );
        }}
      </For>
    </div>
  );
}
