/** Who and what was with the carrier of a tag, by room and by metres: drawn as lines over the period, and as a table that says the same. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import { nameIn } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import { Answer } from '../../../../client/panels/Answer';
import { DataTable } from '../../../../client/panels/DataTable';
import type { Contact, Contacts, Stretch } from './command';
import { MINUTE_ms, allParts, barOf, joined, minutesOf } from './trace';
import type { Period } from './trace';
import type { Say } from './words';

interface ContactsProps {
  readonly tag: string;
  readonly name: string;
  readonly period: Period;
  readonly say: Say;
}

export function ContactsOf(props: ContactsProps): JSX.Element {
  const app = useApp();
  /** Also within so many metres where they were in no room together; none: only rooms count. */
  const [near_m, setNear] = createSignal<number>();
  const found = createQuery(() => {
    const [tag, period, near] = [props.tag, props.period, near_m()];
    const more = near === undefined ? '' : `&near_m=${near}`;
    return async (signal: AbortSignal) => {
      const path = `/api/tags/${encodeURIComponent(tag)}/contacts`;
      const parts = await allParts((query) => app.api.get<Contacts>(`${path}?${query}${more}`, { signal }), period);
      return joined(parts);
    };
  });
  const near = (text: string): void => {
    const metres = Number(text);
    setNear(text !== '' && metres > 0 ? metres : undefined);
  };
  return (
    <section class="contacts-of">
      <p class="soft small">{props.say('contactsHint')}</p>
      <label class="row small">
        {props.say('contactsNear')}
        <input class="input" type="number" min="0.5" max="100" step="0.5" inputmode="decimal" onChange={({ currentTarget }) => near(currentTarget.value)} />
      </label>
      <Answer of={found}>
        {(answer) => (
          <>
            <p>{props.say('contactsKnown', { who: props.name, n: Math.round((answer().located_s * 1000) / MINUTE_ms) })}</p>
            <Show when={answer().contacts.length > 0} fallback={<p class="soft">{props.say('contactsNone')}</p>}>
              <Lines contacts={answer().contacts} period={props.period} say={props.say} />
              <Table contacts={answer().contacts} say={props.say} />
            </Show>
            <Show when={answer().hidden > 0}>
              <p class="soft">{props.say('contactsHidden', { n: answer().hidden })}</p>
            </Show>
          </>
        )}
      </Answer>
    </section>
  );
}

function Lines(props: { contacts: readonly Contact[]; period: Period; say: Say }): JSX.Element {
  const app = useApp();
  const moment = (ms: number): string => momentOf(new Date(ms).toISOString(), app.language());
  return (
    <figure class="contact-lines">
      <For each={props.contacts}>
        {(contact) => (
          <>
            <span>{nameIn(contact.name || contact.id, app.language())}</span>
            <svg
              viewBox="0 0 1000 12"
              preserveAspectRatio="none"
              role="img"
              aria-label={props.say('contactLine', { who: contact.name || contact.id, n: Math.round(minutesOf(contact.stretches)) })}
            >
              <For each={contact.stretches}>
                {(stretch) => {
                  const bar = barOf(stretch, props.period);
                  // Only near, and not in one room, is half as high: no colour tells it.
                  return <rect x={bar.x} width={bar.width} y={stretch.place === null ? 6 : 0} height={stretch.place === null ? 6 : 12} />;
                }}
              </For>
            </svg>
          </>
        )}
      </For>
      <figcaption class="soft small">
        {moment(props.period.from_ms)} – {moment(props.period.to_ms)} · {props.say('contactLegend')}
      </figcaption>
    </figure>
  );
}

function Table(props: { contacts: readonly Contact[]; say: Say }): JSX.Element {
  const app = useApp();
  const rows = (): readonly (readonly [Contact, Stretch])[] =>
    props.contacts.flatMap((contact) => contact.stretches.map((stretch) => [contact, stretch] as const));
  const moment = (text: string): string => momentOf(text, app.language());
  return (
    <DataTable
      caption={props.say('contacts')}
      rows={rows()}
      columns={[
        { heading: props.say('name'), cell: ([{ name, id }]) => nameIn(name || id, app.language()) },
        { heading: props.say('contactKind'), cell: ([{ kind }]) => props.say(`contact-${kind}`) },
        { heading: props.say('where'), cell: ([, { place }]) => (place === null ? props.say('contactOnlyNear') : nameIn(place, app.language())) },
        { heading: props.say('periodFrom'), whole: true, cell: ([, { from }]) => moment(from) },
        { heading: props.say('periodTo'), whole: true, cell: ([, { to }]) => moment(to) },
        { heading: props.say('contactMinutes'), numeric: true, cell: ([, stretch]) => minutesOf([stretch]).toFixed(1) },
        { heading: props.say('contactLeast'), numeric: true, cell: ([, { least_m }]) => least_m?.toFixed(1) ?? '–' },
      ]}
    />
  );
}
