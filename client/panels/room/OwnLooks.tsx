/** The colour that one wears in rooms, and the figure that one looks like. */
import { For, Index, Show, createMemo } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Participant } from '../../../contract/room';
import { useApp } from '../../core/app';
import { figuresFor } from '../../core/figures';
import { lookLike, wear, wornBy } from '../../core/own-looks';
import { PALETTE, inkOn } from '../../core/palette';
import { isPseudonym } from '../../core/pseudonym';
import type { RoomOrder } from '../../core/room-order';

interface OwnLooksProps {
  readonly order: RoomOrder;
  readonly people: readonly Participant[];
}

export function OwnLooks(props: OwnLooksProps): JSX.Element {
  const hides = (): boolean => isPseudonym(props.order.own()?.actor);
  return (
    <>
      <Show when={!hides()}>
        <OwnColour {...props} />
      </Show>
      <Show when={props.order.own()}>{(own) => <OwnFigure order={props.order} own={own()} hides={hides()} />}</Show>
    </>
  );
}

function OwnColour(props: OwnLooksProps): JSX.Element {
  const app = useApp();
  const own = (): Participant | undefined => props.order.own();
  const others = (colour: string): string | undefined => wornBy(colour, props.people, own());
  return (
    <div class="swatches" role="radiogroup" aria-label={app.t('colour.title')}>
      <span aria-hidden="true" class="soft small">{app.t('colour.title')}</span>
      <For each={PALETTE}>
        {(colour, at) => {
          const name = (): string => app.t(`colour.name.${at() as 0}`);
          const label = (): string => (others(colour) === undefined ? name() : `${name()}, ${app.t('colour.taken', { name: others(colour) ?? '' })}`);
          return (
            <label class="swatch-choice" title={label()} style={{ background: colour, color: inkOn(colour) }}>
              <input
                type="radio"
                name="own-colour"
                value={colour}
                aria-label={label()}
                checked={own()?.colour === colour}
                disabled={others(colour) !== undefined}
                onChange={() => wear(props.order, colour)}
              />
              <span aria-hidden="true">{own()?.colour === colour ? '✓' : others(colour) === undefined ? '' : '×'}</span>
            </label>
          );
        }}
      </For>
    </div>
  );
}

function OwnFigure(props: { order: RoomOrder; own: Participant; hides: boolean }): JSX.Element {
  const app = useApp();
  const all = createMemo(() => figuresFor(props.own));
  return (
    <div class="stack tight">
      <div class="swatches" role="radiogroup" aria-label={app.t('figure.title')} aria-describedby={props.hides ? 'figure-hides' : undefined}>
        <span aria-hidden="true" class="soft small">{app.t('figure.title')}</span>
        {/* By their place: which are there does not change, and what is chosen keeps the keyboard's focus. */}
        <Index each={all()}>
          {(one) => {
            const words = (): string => app.t(`figure.${one().name as 'medical-1'}`);
            return (
              <label class="figure-choice" title={words()} classList={{ chosen: one().chosen }}>
                <input
                  type="radio"
                  name="own-figure"
                  value={one().figure}
                  aria-label={words()}
                  checked={one().chosen}
                  onChange={() => lookLike(props.order, one().figure)}
                />
                <img src={`/people/${one().name}.face.webp`} alt="" width="48" height="48" loading="lazy" />
                <span aria-hidden="true" class="figure-mark">{one().chosen ? '✓' : ''}</span>
              </label>
            );
          }}
        </Index>
      </div>
      <Show when={props.hides}>
        <p id="figure-hides" class="soft small">{app.t('figure.hides')}</p>
      </Show>
    </div>
  );
}
