/** A referral between the levels of care, with the criterion that it is made by. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { asideIn, inLanguage } from '../../../../client/core/language';
import { Field } from '../../../../client/panels/Field';
import type { Part, Referral } from './course';

export type ReferralWish = Pick<Referral, 'direction' | 'from_level' | 'to_level' | 'criterion' | 'note'>;

export const EMPTY_REFERRAL: ReferralWish = {
  direction: 'up',
  from_level: 'community',
  to_level: 'county',
  criterion: '',
  note: '',
};

/** Whether everything is chosen that must be. */
export function isWhole(wish: ReferralWish): boolean {
  return wish.criterion !== '' && wish.from_level !== wish.to_level;
}

interface Props {
  readonly part: Part;
  readonly wish: ReferralWish | undefined;
  readonly tried: boolean;
  onWish(wish: ReferralWish | undefined): void;
}

export function ReferralForm(props: Props): JSX.Element {
  const say = props.part.say;
  const levels = () => props.part.of.arrangement.levels;
  const suggested = () => levels().criteria.filter((one) => one.suggested);
  const edit = (change: Partial<ReferralWish>): void => {
    const before = props.wish ?? EMPTY_REFERRAL;
    const next = { ...before, ...change };
    const rank = (id: string): number => levels().levels.findIndex((level) => level.id === id);
    const direction = rank(next.to_level) >= rank(next.from_level) ? 'up' : 'down';
    // A criterion is for one direction.
    props.onWish({ ...next, direction, criterion: direction === before.direction ? next.criterion : '' });
  };
  return (
    <fieldset class="screen-order" data-form="referral">
      <legend>{say('referral')}</legend>
      <label class="screen-check">
        <input
          type="checkbox"
          checked={props.wish !== undefined}
          onChange={(event) => props.onWish(event.currentTarget.checked ? { ...EMPTY_REFERRAL } : undefined)}
        />
        <span>{say('refer')}</span>
      </label>
      <For each={suggested()}>
        {(one) => (
          <p class="small">
            {say(one.direction === 'up' ? 'suggestsUp' : 'suggestsDown')} {inLanguage(one.label, props.part.language)}{' '}
            <Show when={one.needs_confirmation}>
              <span class="chip warn">{say('confirm')}</span>
            </Show>
          </p>
        )}
      </For>
      <Show when={props.wish}>
        {(wish) => (
          <>
            <div class="screen-phase">
              <For each={['from_level', 'to_level'] as const}>
                {(end) => (
                  <Field
                    label={say(end === 'from_level' ? 'fromLevel' : 'toLevel')}
                    wrong={
                      props.tried && end === 'to_level' && wish().from_level === wish().to_level
                        ? say('needLevels')
                        : undefined
                    }
                  >
                    {(control) => (
                      <select
                        {...control}
                        class="input"
                        name={end}
                        onChange={(event) => edit({ [end]: event.currentTarget.value })}
                      >
                        <For each={levels().levels}>
                          {(level) => (
                            <option value={level.id} selected={wish()[end] === level.id}>
                              {inLanguage(level.label, props.part.language)}
                            </option>
                          )}
                        </For>
                      </select>
                    )}
                  </Field>
                )}
              </For>
            </div>
            <Field
              label={say('criterion')}
              hint={say('criterionHint', { citation: levels().citation })}
              wrong={props.tried && wish().criterion === '' ? say('needCriterion') : undefined}
            >
              {(control) => (
                <select
                  {...control}
                  class="input"
                  name="criterion"
                  onChange={(event) => edit({ criterion: event.currentTarget.value })}
                >
                  <option value="">—</option>
                  <For each={levels().criteria.filter((one) => one.direction === wish().direction)}>
                    {(one) => (
                      <option value={one.id} selected={wish().criterion === one.id}>
                        {inLanguage(one.label, props.part.language)}
                        {one.needs_confirmation ? asideIn(say('confirm'), props.part.language) : ''}
                      </option>
                    )}
                  </For>
                </select>
              )}
            </Field>
            <Field label={say('referralNote')}>
              {(control) => (
                <textarea
                  {...control}
                  class="input"
                  maxLength={1000}
                  value={wish().note}
                  onInput={(event) => edit({ note: event.currentTarget.value })}
                />
              )}
            </Field>
          </>
        )}
      </Show>
    </fieldset>
  );
}
