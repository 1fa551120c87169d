/** The referral letter, to be read and printed. */
import { For } from 'solid-js';
import type { JSX } from 'solid-js';
import { dayOfMoment } from '../../../../client/core/dates';
import { inLanguage } from '../../../../client/core/language';
import type { Course, Part } from './course';

export function Letter(props: { part: Part; sections: NonNullable<Course['letter']> }): JSX.Element {
  const { say } = props.part;
  return (
    <details class="screen-more" data-letter="">
      <summary>{say('letter')}</summary>
      <article class="screen-letter" aria-label={say('letter')}>
        <h3>{say('letter')}</h3>
        <p>
          {say('letterFor', { name: props.part.of.patient.name })}
          <br />
          {say('letterFrom', {
            name: props.part.of.signature?.name ?? props.part.of.by.name,
            day: dayOfMoment(props.part.of.signature?.at ?? props.part.of.at, props.part.language),
          })}
        </p>
        <For each={props.sections}>
          {(section) => (
            <section>
              <h4>{inLanguage(section.title, props.part.language)}</h4>
              <For each={section.lines}>{(line) => <p>{inLanguage(line, props.part.language)}</p>}</For>
            </section>
          )}
        </For>
        <p class="soft small">{say(props.part.of.signature ? 'letterSigned' : 'letterDraft')}</p>
      </article>
      <button type="button" class="button small" onClick={() => print()}>
        {say('print')}
      </button>
    </details>
  );
}
