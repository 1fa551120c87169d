/** What the plan draws, as tables: people, things, and patients with a tag. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { inLanguage } from '../../../../client/core/language';
import { DataTable } from '../../../../client/panels/DataTable';
import { Notice } from '../../../../client/panels/Notice';
import { doingOf, noRoomWord } from './command';
import type { CommandView, Placed } from './command';
import { clock } from './ward';
import { roleIn } from './words';
import type { Say, Word } from './words';

interface WhereProps {
  readonly view: CommandView;
  readonly say: Say;
  /** Of the past no traces are drawn. */
  readonly onTrace?: ((one: Placed) => void) | undefined;
}

export function Whereabouts(props: WhereProps): JSX.Element {
  const app = useApp();
  const kind = (role: string): string => {
    const label = props.view.kinds[role];
    return label ? inLanguage(label, app.language()) : role;
  };
  const lists = (): readonly { word: Word; rows: readonly Placed[]; role(one: Placed): string; withFree: boolean }[] => [
    { word: 'peopleWhere', rows: props.view.people, role: ({ role }) => roleIn(props.say, role, props.view.role_names), withFree: true },
    { word: 'thingsWhere', rows: props.view.equipment, role: ({ role }) => kind(role), withFree: true },
    { word: 'patientsWhere', rows: props.view.patients, role: ({ role }) => role, withFree: false },
  ];
  const traces = () => {
    const follow = props.onTrace;
    if (follow === undefined) return [];
    const cell = (one: Placed): JSX.Element => (
      <Show when={one.tag} fallback="–">
        <button type="button" class="button small" onClick={() => follow(one)}>
          {props.say('trace')}
          <span class="for-listeners"> {one.name}</span>
        </button>
      </Show>
    );
    return [{ heading: props.say('trace'), cell }];
  };
  return (
    <For each={lists()}>
      {({ word, rows, role, withFree }) => (
        <Show
          when={rows.length > 0}
          fallback={
            <Show when={word === 'peopleWhere'}>
              <Notice kind="warn">{props.say('noStaff')}</Notice>
            </Show>
          }
        >
          <section data-where={word}>
            <h2>{props.say(word)}</h2>
            <DataTable
              stacks
              caption={props.say(word)}
              rows={rows}
              columns={[
                { heading: props.say('name'), cell: (one) => one.name || one.id || '–' },
                { heading: props.say('role'), cell: role },
                // Of whom nobody is told who it is, nobody is told where either.
                { heading: props.say('where'), cell: (one) => (one.id === '' ? '–' : <Place one={one} say={props.say} />) },
                ...(withFree ? [{ heading: props.say('doing'), cell: (one: Placed) => doingOf(one, props.say) }] : []),
                ...traces(),
              ]}
            />
          </section>
        </Show>
      )}
    </For>
  );
}

function Place(props: { one: Placed; say: Say }): JSX.Element {
  const app = useApp();
  return (
    <>
      {props.one.room ?? props.say(noRoomWord(props.one))}{' '}
      <span class="soft small">
        <Show when={props.one.position} fallback={props.one.room === null ? '' : props.say('byList')}>
          {(position) => {
            const at = (): string => clock(position().at, app.language());
            const metres = () => (position().place === null ? position().floor_m : null);
            return (
              <Show when={metres()} fallback={props.say('bySaid', { at: at() })}>
                {(floor_m) => <>{props.say('byTag', { x: floor_m()[0].toFixed(1), y: floor_m()[1].toFixed(1), at: at() })}</>}
              </Show>
            );
          }}
        </Show>
      </span>
    </>
  );
}
