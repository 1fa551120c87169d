/** The beds as a table: one row each, on a phone one card each. */
import { For, Index, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { clausesIn, inLanguage } from '../../../../client/core/language';
import { Sign } from './Sign';
import { Spark } from './Spark';
import { NOTHING, bedSaid, deviceText, devicesText, valueText } from './said';
import type { BedSaid, Cell, Value } from './said';
import type { WardView } from './ward';
import { sayIn } from './words';
import type { Say } from './words';

/** A value with the word for what is too old. */
export function ValueOf(props: { value: Value; say: Say }): JSX.Element {
  return (
    <Show when={props.value.text} fallback={<span class="soft">{valueText(props.value, props.say)}</span>}>
      {(text) => (
        <span class={props.value.fresh ? 'fresh' : 'stale'}>
          {text()}
          <Show when={!props.value.fresh}>
            <small> {props.say('old')}</small>
          </Show>
        </span>
      )}
    </Show>
  );
}

/** NEWS2 with its band in words, or how much is missing for it. */
export function News2(props: { bed: BedSaid; say: Say }): JSX.Element {
  const app = useApp();
  const why = (): string | undefined => clausesIn(props.bed.news2.missing.map((one) => inLanguage(one.why, app.language())), app.language()) || undefined;
  return (
    <span class={props.bed.news2.word === NOTHING ? 'soft' : 'news2'} data-band={props.bed.news2.band} title={why()}>
      <Show when={props.bed.news2.value} fallback={props.bed.news2.word}>
        {(value) => (
          <>
            <strong>{value()}</strong> <small>· {props.bed.news2.word}</small>
          </>
        )}
      </Show>
    </span>
  );
}

export function Who(props: { bed: BedSaid }): JSX.Element {
  return (
    <Show when={props.bed.who.isKnown} fallback={<span class="soft">{props.bed.who.name}</span>}>
      {props.bed.who.name}
      <Show when={props.bed.who.age}>{(age) => <span class="soft small"> {age()}</span>}</Show>
    </Show>
  );
}

function Vital(props: { cell: Cell; say: Say }): JSX.Element {
  return (
    <span class="vital">
      <span>
        <For each={props.cell.values}>
          {(value, n) => (
            <>
              {n() > 0 ? ' / ' : ''}
              <ValueOf value={value} say={props.say} />
            </>
          )}
        </For>
      </span>
      <Spark points={props.cell.line} />
    </span>
  );
}

function Devices(props: { bed: BedSaid; say: Say }): JSX.Element {
  return (
    <Show when={props.bed.devices.length > 0} fallback={<span class="soft">{NOTHING}</span>}>
      {devicesText(props.bed, props.say)}
      <For each={props.bed.devices}>
        {(device) => <small class="soft device-of"> {deviceText(device)}</small>}
      </For>
    </Show>
  );
}

export function BedTable(props: { ward: WardView; onOpen(bed: string): void }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  return (
    <div class="table-holder" tabIndex={0} role="region" aria-label={say('beds')}>
      <table class="table stacks beds">
        <caption class="for-listeners">{say('beds')}</caption>
        <thead>
          <tr>
            <For each={['bed', 'patient', 'news2', 'hr', 'spo2', 'rr', 'bp', 'temp', 'alarms', 'devices'] as const}>
              {(word) => <th scope="col">{say(word)}</th>}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={props.ward.beds.map(({ id }) => id)}>
            {(id) => (
              <Show when={props.ward.beds.find((bed) => bed.id === id)}>{(view) => <Row bed={bedSaid(view(), props.ward, say)} ward={props.ward} say={say} onOpen={props.onOpen} />}</Show>
            )}
          </For>
        </tbody>
      </table>
    </div>
  );
}

function Row(props: { bed: BedSaid; ward: WardView; say: Say; onOpen(bed: string): void }): JSX.Element {
  const { say } = props;
  return (
    <tr data-bed={props.bed.id}>
      <th scope="row">
        <button type="button" class="link" aria-label={say('open', { bed: props.bed.name })} onClick={() => props.onOpen(props.bed.id)}>
          {props.bed.name}
        </button>
      </th>
      <td data-label={say('patient')}>
        <Who bed={props.bed} />
      </td>
      <td data-label={say('news2')}>
        <News2 bed={props.bed} say={say} />
      </td>
      <Index each={props.bed.vitals}>
        {(cell) => (
          <td data-label={say(cell().word)}>
            <Vital cell={cell()} say={say} />
          </td>
        )}
      </Index>
      <td data-label={say('alarms')}>
        <Show when={props.bed.alarm} fallback={<span class="soft">{NOTHING}</span>}>
          {(alarm) => <Sign priority={alarm().priority} escalation={props.ward.escalation} flashes={alarm().calls} />}
        </Show>
      </td>
      <td data-label={say('devices')}>
        <Devices bed={props.bed} say={say} />
      </td>
    </tr>
  );
}
