/** Quality: what deviates now, how each site, ward and follow-up at home runs, and how opinions compare with outcomes. */
import { Match, Show, Switch } from 'solid-js';
import type { JSX } from 'solid-js';
import { Answer } from '../../panels/Answer';
import { GatewayState } from '../../panels/GatewayState';
import { Tabs } from '../../panels/Tabs';
import { Charts } from '../../panels/quality/Charts';
import { Decisions } from '../../panels/quality/Decisions';
import { Deviations } from '../../panels/quality/Deviations';
import { Figures } from '../../panels/quality/Figures';
import { useApp } from '../app';
import type { Quality } from '../quality';
import { createQuery } from '../query';
import { go } from '../router';
import '../../styles/quality.css';

const PARTS = ['deviations', 'charts', 'decisions', 'figures'] as const;
type Part = (typeof PARTS)[number];

export function QualityPage(props: { within: string | undefined }): JSX.Element {
  const app = useApp();
  const quality = createQuery<Quality>(() => (signal) => app.api.get('/api/quality', { signal }));
  app.onServerEvent((event) => {
    if (event.kind === 'quality' || event.kind === 'missed' || event.kind === 'record') quality.reload();
  });
  const part = (): Part => PARTS.find((one) => one === props.within) ?? 'deviations';
  return (
    <div class="page quality-page">
      <h1>{app.t('quality.title')}</h1>
      <p class="soft">{app.t('quality.what')}</p>
      <Tabs
        label={app.t('quality.title')}
        tabs={PARTS.map((name) => ({ name, label: app.t(`quality.${name}`) }))}
        chosen={part()}
        onChoose={(name) => go(name === 'deviations' ? '/quality' : `/quality/${name}`)}
      >
        {(name) => (
          <Switch>
            <Match when={name === 'deviations'}>
              <Answer of={quality} lines={6}>
                {(answer) => <Deviations of={answer()} onChange={() => quality.reload()} />}
              </Answer>
              <Show when={app.me()?.roles.includes('manager')}>
                <GatewayState />
              </Show>
            </Match>
            <Match when={name === 'charts'}>
              <Answer of={quality} lines={6}>
                {(answer) => <Charts of={answer()} />}
              </Answer>
            </Match>
            <Match when={name === 'decisions'}>
              <Decisions />
            </Match>
            <Match when={name === 'figures'}>
              <Figures />
            </Match>
          </Switch>
        )}
      </Tabs>
    </div>
  );
}
