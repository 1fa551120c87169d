/** The action plan in plain words, level by level; read aloud, and never by colour alone. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { dayOfMoment } from '../../../../client/core/dates';
import type { Zone } from '../../../../client/core/dates';
import { inLanguage } from '../../../../client/core/language';
import { Field } from '../../../../client/panels/Field';
import type { Part } from './CourseView';
import { coursePath } from './course';
import type { ActionPlan, Level } from './found';
import { ReadAloud } from './ReadAloud';
import type { Say } from './words';

const SIGNS: Readonly<Record<Level, string>> = { usual: '✓', worse: '▲', emergency: '✚' };
const LEVELS: readonly Level[] = ['usual', 'worse', 'emergency'];

export function ActionPlanOf(props: { plan: ActionPlan; zone: Zone; say: Say }): JSX.Element {
  const app = useApp();
  const words = (one: ActionPlan['levels'][number]): string =>
    [props.say(`level.${one.level}`), inLanguage(one.general, app.language()), one.own ?? ''].filter((part) => part !== '').join('\n');
  return (
    <ul class="follow-levels">
      <For each={props.plan.levels}>
        {(one) => (
          <li data-level={one.level}>
            <strong>
              <span aria-hidden="true">{SIGNS[one.level]} </span>
              {props.say(`level.${one.level}`)}
            </strong>
            <p>{inLanguage(one.general, app.language())}</p>
            <Show when={one.own}>{(own) => <p class="follow-own-words" data-own-words="">{own()}</p>}</Show>
            <ReadAloud name={one.level} text={words(one)} of={props.say(`level.${one.level}`)} say={props.say} />
          </li>
        )}
      </For>
      <Show when={props.plan.by}>
        {(by) => (
          <li class="soft small">{props.say('actionBy', { name: by().name, day: dayOfMoment(props.plan.at ?? '', app.language(), props.zone) })}</li>
        )}
      </Show>
    </ul>
  );
}

/** The same for those who treat, with what they write for this patient. */
export function ActionPlanForm(props: { part: Part }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const written = (level: Level): string => props.part.of.action.levels.find((one) => one.level === level)?.own ?? '';
  const [typed, setTyped] = createSignal<Partial<Record<Level, string>>>({});
  const words = (level: Level): string => typed()[level] ?? written(level);
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const body = Object.fromEntries(LEVELS.map((level) => [level, words(level)]));
    const done = await props.part.does(() => app.api.put(coursePath(props.part.of.id, '/action'), body));
    if (done) app.announce(say('kept'));
  };
  return (
    <section class="panel" aria-labelledby="follow-action" data-action="">
      <header>
        <h2 id="follow-action">{say('actionPlan')}</h2>
      </header>
      <div class="panel-body stack">
        <ActionPlanOf plan={props.part.of.action} zone={props.part.of.time_zone} say={say} />
        <Show when={props.part.of.is_active}>
          <details>
            <summary>{say('writeAction')}</summary>
            <form class="follow-form" data-form="action" onSubmit={(event) => void send(event)} noValidate>
              <p class="soft small">{say('writeActionHint')}</p>
              <For each={LEVELS}>
                {(level) => (
                  <Field label={say(`level.${level}`)}>
                    {(control) => (
                      <textarea
                        {...control}
                        class="input"
                        name={level}
                        rows="2"
                        value={words(level)}
                        onInput={(event) => setTyped((all) => ({ ...all, [level]: event.currentTarget.value }))}
                      />
                    )}
                  </Field>
                )}
              </For>
              <div class="row">
                <button type="submit" class="button primary">
                  {say('keep')}
                </button>
              </div>
            </form>
          </details>
        </Show>
      </div>
    </section>
  );
}
