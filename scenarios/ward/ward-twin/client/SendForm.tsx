/** Sends the nearest that is free to a bed or another place of the ward, or begins an exercise of a plan there. */
import { For, Show, createMemo, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { colonIn, inLanguage } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import { doingOf } from './command';
import type { CommandView, Placed, PlansView } from './command';
import { roleIn } from './words';
import type { Say } from './words';

/** A thing is asked for by itself. */
const NOBODY = '';

interface SendProps {
  readonly view: CommandView;
  readonly busy: boolean;
  readonly say: Say;
  post(path: string, body: unknown): Promise<void>;
}

export function SendForm(props: SendProps): JSX.Element {
  const app = useApp();
  const plans = createQuery<PlansView>(() => (signal) => app.api.get('/api/plans', { signal }));
  // All is read anew every few seconds: options are kept by their ids, or what was chosen would be lost.
  const beds = () => new Map(props.view.drawn.flatMap(({ kind, id, name }) => (kind === 'bed' ? [[id, name]] : [])));
  const path = (): string => `/api/wards/${encodeURIComponent(props.view.id)}/missions`;
  const said = (form: HTMLFormElement, name: string): string => {
    const value = new FormData(form).get(name);
    return typeof value === 'string' ? value : '';
  };
  const [role, setRole] = createSignal(props.view.roles[0] ?? NOBODY);
  const [equipment, setEquipment] = createSignal('');
  const send = (event: SubmitEvent & { currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const [bed, who, what] = [said(form, 'bed'), said(form, 'role'), said(form, 'equipment')];
    if (!bed || (!who && !what)) return;
    void props.post(path(), { bed, send: { errand: { ...(who && { role: who }), ...(what && { equipment: what }) } } });
  };
  const kindIn = (kind: string): string => inLanguage(props.view.kinds[kind] ?? { zh: kind, en: kind }, app.language());
  const drill = (event: SubmitEvent & { currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const [bed, plan] = [said(form, 'bed'), said(form, 'plan')];
    if (bed && plan) void props.post(path(), { bed, send: { drill: { plan } } });
  };
  const Bed = (): JSX.Element => (
    <label>
      {props.say('sendTo')}
      <select class="input" name="bed">
        <optgroup label={props.say('beds')}>
          <For each={[...beds().keys()]}>{(id) => <option value={id}>{beds().get(id)}</option>}</For>
        </optgroup>
        <optgroup label={props.say('sendPlaces')}>
          <For each={Object.keys(props.view.places)}>{(id) => <option value={id}>{props.view.places[id]}</option>}</For>
        </optgroup>
      </select>
    </label>
  );
  return (
    <>
      <h2>{props.say('sendTitle')}</h2>
      <form class="send-form" data-form="errand" onSubmit={send}>
        <label>
          {props.say('sendWho')}
          <select class="input" name="role" onChange={({ currentTarget }) => setRole(currentTarget.value)}>
            <For each={[...props.view.roles, NOBODY]}>
              {(one) => <option value={one} selected={one === role()}>{one === NOBODY ? props.say('sendNobody') : roleIn(props.say, one, props.view.role_names)}</option>}
            </For>
          </select>
        </label>
        <label>
          {props.say('sendWhat')}
          <select class="input" name="equipment" onChange={({ currentTarget }) => setEquipment(currentTarget.value)}>
            <option value="">{props.say('nothing')}</option>
            <For each={Object.keys(props.view.kinds)}>{(kind) => <option value={kind} selected={kind === equipment()}>{kindIn(kind)}</option>}</For>
          </select>
        </label>
        <Bed />
        <button type="submit" class="button primary" disabled={props.busy || (!role() && !equipment())}>
          {props.say('send')}
        </button>
        <div class="could small">
          <Show when={role()}>
            {(one) => <Could of={props.view.people} role={one()} none={props.say('noneOnDuty', { role: roleIn(props.say, one(), props.view.role_names) })} say={props.say} />}
          </Show>
          <Show when={equipment()}>{(kind) => <Could of={props.view.equipment} role={kind()} none={props.say('noneOfKind', { kind: kindIn(kind()) })} say={props.say} />}</Show>
          <Show when={!role() && !equipment()}>
            <p>{props.say('sendNothing')}</p>
          </Show>
        </div>
      </form>
      <h2>{props.say('drillTitle')}</h2>
      <form class="send-form" data-form="drill" onSubmit={drill}>
        <label>
          {props.say('plan')}
          <select class="input" name="plan">
            <For each={plans.data()?.plans ?? []}>
              {(plan) => <option value={plan.id}>{inLanguage(plan.title, app.language())}</option>}
            </For>
          </select>
        </label>
        <Bed />
        <button type="submit" class="button" disabled={props.busy}>
          {props.say('beginDrill')}
        </button>
      </form>
    </>
  );
}

/** Who or what could be sent, each with what keeps it. */
function Could(props: { of: readonly Placed[]; role: string; none: string; say: Say }): JSX.Element {
  const app = useApp();
  const lines = createMemo(() => props.of.filter(({ role }) => role === props.role).map((one) => `${one.name || one.id}${colonIn(app.language())}${doingOf(one, props.say)}`));
  return (
    <Show when={lines().length > 0} fallback={<p>{props.none}</p>}>
      <ul class="sent">
        <For each={lines()}>{(line) => <li>{line}</li>}</For>
      </ul>
    </Show>
  );
}
