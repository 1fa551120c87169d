/** The rules that raise alarms: which came with the program, which are the hospital's own, and which it switched off. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { inLanguage } from '../../../../client/core/language';
import { DataTable } from '../../../../client/panels/DataTable';
import type { Origin, Rule } from '../../../../contract/alarms';
import type { PlansView } from './command';
import { sayIn } from './words';

/** Whose something is, in words: shape and text say it, not colour. */
export function OriginOf(props: { origin: Origin }): JSX.Element {
  const say = sayIn(useApp().language);
  const file = (): string | undefined => (props.origin.from === 'hospital' ? props.origin.file : undefined);
  const replaces = (): boolean => props.origin.from === 'hospital' && props.origin.replaces;
  return (
    <span data-origin={props.origin.from}>
      <Show when={file()} fallback={say('originShipped')}>
        {(name) => (
          <>
            <span class="chip">{say('originHospital')}</span> <span class="soft small">{say(replaces() ? 'originReplaces' : 'originFile', { file: name() })}</span>
          </>
        )}
      </Show>
    </span>
  );
}

export function RulesInForce(props: { view: PlansView }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const limits = (rule: Rule): JSX.Element => {
    if (rule.needs_confirmation) return <span class="chip warn">{say('confirm')}</span>;
    return rule.evidence ?? (rule.confirmed_by ? say('confirmedBy', { who: rule.confirmed_by }) : '—');
  };
  return (
    <section>
      <h2>{say('rulesTitle')}</h2>
      <p class="soft small">
        {say('version')} {props.view.version} · {say('escalationOf')} <OriginOf origin={props.view.escalation.origin} />
      </p>
      <DataTable
        stacks
        caption={say('rulesTitle')}
        rows={props.view.rules}
        columns={[
          { heading: say('ruleName'), cell: (rule) => <span data-rule={rule.id}>{inLanguage(rule.title, app.language())}</span> },
          { heading: say('rulePriority'), cell: ({ priority }) => say(`priority-${priority}`) },
          { heading: say('originTitle'), cell: ({ origin }) => <OriginOf origin={origin} /> },
          { heading: say('limitsFrom'), cell: limits },
        ]}
      />
      <Show when={props.view.off.length > 0}>
        <h3>{say('rulesOff')}</h3>
        <DataTable
          stacks
          caption={say('rulesOff')}
          rows={props.view.off}
          columns={[
            { heading: say('ruleName'), cell: ({ title }) => inLanguage(title, app.language()) },
            { heading: say('offWhy'), cell: ({ why }) => inLanguage(why, app.language()) },
            { heading: say('originTitle'), cell: ({ file }) => say('originFile', { file }) },
          ]}
        />
      </Show>
    </section>
  );
}
