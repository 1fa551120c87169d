/** The beds as a table: one row each, on a phone one card each. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { inLanguage } from '../../../../client/core/language';
import { Sign } from './Sign';
import { Spark } from './Spark';
import { rateOf, shown, vitalOf, worst } from './ward';
import type { BedView, VitalNow, WardView } from './ward';
import { sayIn } from './words';
import type { Say, Word } from './words';

export function Value(props: { vital: VitalNow | undefined; say: Say }): JSX.Element {
  return (
    <Show when={shown(props.vital)} fallback={<span class="soft">–</span>}>
      {(value) => (
        <span class={props.vital?.fresh ? 'fresh' : 'stale'}>
          {value()}
          <Show when={!props.vital?.fresh}>
            <small> {props.say('old')}</small>
          </Show>
        </span>
      )}
    </Show>
  );
}

/** NEWS2 with its band in words, or how much is missing for it. */
export function News2(props: { bed: BedView; say: Say }): JSX.Element {
  const app = useApp();
  return (
    <Show when={props.bed.news2} fallback={<span class="soft">–</span>}>
      {(found) => {
        const result = () => found().result;
        return (
          <Show
            when={result().state === 'assessed' ? found() : undefined}
            fallback={
              <span class="news2" data-band="none" title={missing(result(), app.language())}>
                {props.say('missing', { n: missingOf(result()).length })}
              </span>
            }
          >
            {(whole) => (
              <span class="news2" data-band={whole().band?.id}>
                <strong>{valueOf(whole().result)}</strong>{' '}
                <small>{props.say(`band-${whole().band?.id ?? 'low'}` as Word)}</small>
              </span>
            )}
          </Show>
        );
      }}
    </Show>
  );
}

type Result = NonNullable<BedView['news2']>['result'];

export function missingOf(result: Result): readonly { input: string; why: { zh: string; en: string } }[] {
  return result.state === 'assessed' ? [] : result.missing;
}

function missing(result: Result, language: 'zh' | 'en'): string {
  return missingOf(result)
    .map(({ why }) => inLanguage(why, language))
    .join('; ');
}

function valueOf(result: Result): number | undefined {
  return result.state === 'assessed' ? result.value : undefined;
}

export function Who(props: { bed: BedView; say: Say }): JSX.Element {
  return (
    <Show when={props.bed.patient} fallback={<span class="soft">{props.say(props.bed.occupied ? 'hidden' : 'empty')}</span>}>
      {(patient) => (
        <>
          {patient().name}
          <Show when={patient().age !== null}>
            <span class="soft small"> {props.say('years', { n: patient().age ?? '' })}</span>
          </Show>
        </>
      )}
    </Show>
  );
}

export function BedTable(props: { ward: WardView; onOpen(bed: string): void }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const vital = (bed: BedView, signal: string): JSX.Element => (
    <span class="vital">
      <Value vital={signal === 'heart-rate' ? rateOf(bed) : vitalOf(bed, signal)} say={say} />
      <Spark points={bed.lines[signal]} />
    </span>
  );
  return (
    <div class="table-holder" tabIndex={0} role="region" aria-label={say('beds')}>
      <table class="table beds">
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
              <Show when={props.ward.beds.find((bed) => bed.id === id)}>
                {(bed) => (
                  <tr data-bed={id}>
                    <th scope="row">
                      <button type="button" class="link" aria-label={say('open', { bed: bed().name })} onClick={() => props.onOpen(id)}>
                        {bed().name}
                      </button>
                    </th>
                    <td data-label={say('patient')}>
                      <Who bed={bed()} say={say} />
                    </td>
                    <td data-label={say('news2')}>
                      <News2 bed={bed()} say={say} />
                    </td>
                    <td data-label={say('hr')}>{vital(bed(), 'heart-rate')}</td>
                    <td data-label={say('spo2')}>{vital(bed(), 'spo2')}</td>
                    <td data-label={say('rr')}>{vital(bed(), 'respiratory-rate')}</td>
                    <td data-label={say('bp')}>
                      <Value vital={vitalOf(bed(), 'systolic')} say={say} />
                      <Show when={vitalOf(bed(), 'diastolic')}>
                        {' / '}
                        <Value vital={vitalOf(bed(), 'diastolic')} say={say} />
                      </Show>
                    </td>
                    <td data-label={say('temp')}>
                      <Value vital={vitalOf(bed(), 'temperature')} say={say} />
                    </td>
                    <td data-label={say('alarms')}>
                      <Show when={worst(props.ward.alarms, id)} fallback={<span class="soft">–</span>}>
                        {(one) => <Sign priority={one().alarm.priority} escalation={props.ward.escalation} flashes={one().calls} />}
                      </Show>
                    </td>
                    <td data-label={say('devices')}>
                      <Show when={bed().devices.length > 0} fallback={<span class="soft">–</span>}>
                        {bed().devices.filter(({ online }) => online).length} / {bed().devices.length} {say('online')}
                      </Show>
                    </td>
                  </tr>
                )}
              </Show>
            )}
          </For>
        </tbody>
      </table>
    </div>
  );
}
