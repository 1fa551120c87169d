/** Where a board or page stands, and buttons that move and turn it for everybody; by hand it is carried on the stage. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { colonIn } from '../../core/language';
import type { Transform } from '../../core/frames';
import type { RoomControl } from '../../core/room-control';
import { MOVES, SPOTS, SPOT_NAMES, movedBy, spotOf } from '../../core/room-standing';
import type { Spot } from '../../core/room-standing';
import type { EntityId } from '../../stage/room-view';

interface StandsWhereProps {
  readonly control: RoomControl;
  readonly id: EntityId;
  readonly transform: Transform;
  /** What it is, for those who listen. */
  readonly what: string;
}

/** Steps that come faster than the room answers add up. */
const ECHO_ms = 1_500;

export function StandsWhere(props: StandsWhereProps): JSX.Element {
  const app = useApp();
  let ahead: { readonly transform: Transform; readonly until_ms: number } | undefined;
  const locked = (): boolean => props.control.locked(props.id) !== undefined;
  const move = (change: (from: Transform) => Transform): void => {
    const now = performance.now();
    const transform = change(ahead && now < ahead.until_ms ? ahead.transform : props.transform);
    ahead = { transform, until_ms: now + ECHO_ms };
    props.control.moveTo(props.id, transform);
  };
  return (
    <>
      <label class="row small">
        {app.t('page.where')}
        <select class="input" aria-label={`${app.t('page.where')} ${props.what}`} disabled={locked()} onChange={(event) => move(() => SPOTS[event.currentTarget.value as Spot])}>
          <Show when={spotOf(props.transform) === undefined}>
            <option value="" selected disabled>{app.t('page.spot.elsewhere')}</option>
          </Show>
          <For each={SPOT_NAMES}>
            {(spot) => <option value={spot} selected={spotOf(props.transform) === spot}>{app.t(`page.spot.${spot}`)}</option>}
          </For>
        </select>
      </label>
      <details>
        <summary class="small">{app.t('stand.move')}<span class="for-listeners"> {props.what}</span></summary>
        <div class="row" role="group" aria-label={`${app.t('stand.move')} ${props.what}`}>
          <For each={MOVES}>
            {(one) => (
              <button
                type="button"
                class="button small"
                disabled={locked()}
                onClick={() => {
                  move((from) => movedBy(from, one));
                  app.announce(`${props.what}${colonIn(app.language())}${app.t(`stand.${one}`)}`);
                }}
              >
                {app.t(`stand.${one}`)}
              </button>
            )}
          </For>
        </div>
      </details>
    </>
  );
}
