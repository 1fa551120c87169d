/** The ten functions of the medical Internet of Things, each with what it does now, and the way to it. */
import { For, Show, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { Answer } from '../../panels/Answer';
import { DataTable } from '../../panels/DataTable';
import type { Column } from '../../panels/DataTable';
import { EmptyState } from '../../panels/EmptyState';
import { Icon } from '../../panels/Icon';
import type { IconName } from '../../panels/Icon';
import { WORDS } from '../../words/words';
import type { Key } from '../../words/words';
import { useApp } from '../app';
import { momentOf } from '../dates';
import type { FunctionId, HospitalFunction, HospitalFunctions } from '../functions';
import { createQuery } from '../query';
import { Link } from '../router';
import '../../styles/functions.css';

const AGAIN_ms = 5_000;
const SIGNS: Readonly<Record<FunctionId, IconName>> = {
  monitoring: 'eye',
  tracing: 'point',
  alarms: 'alert',
  dispatch: 'people',
  plans: 'document',
  security: 'seal',
  maintenance: 'sliders',
  upgrades: 'download',
  desktop: 'management',
  decision: 'check',
};

type Figure = HospitalFunction['figures'][number];

export function FunctionsPage(): JSX.Element {
  const app = useApp();
  const { t } = app;
  const all = createQuery<HospitalFunctions>(() => (signal) => app.api.get('/api/functions', { signal }));
  const again = setInterval(() => {
    if (!document.hidden) all.reload();
  }, AGAIN_ms);
  onCleanup(() => clearInterval(again));
  return (
    <div class="page functions-page">
      <h1>{t('functions.title')}</h1>
      <p class="soft">{t('functions.what')}</p>
      <Answer of={all} lines={10}>
        {(answer) => (
          <Show
            when={answer().functions.length > 0}
            fallback={<EmptyState icon="info" title={t('functions.none')} hint={t('functions.noneHint')} />}
          >
            <p class="soft small">{t('functions.at', { at: momentOf(answer().now, app.language()) })}</p>
            <ol class="functions">
              <For each={answer().functions.map(({ id }) => id)}>
                {(id) => <One of={() => answer().functions.find((one) => one.id === id)} />}
              </For>
            </ol>
          </Show>
        )}
      </Answer>
    </div>
  );
}

function One(props: { of(): HospitalFunction | undefined }): JSX.Element {
  const { t, language } = useApp();
  const number = new Intl.NumberFormat(language() === 'zh' ? 'zh-CN' : 'en-GB', { maximumFractionDigits: 2 });
  const word = (id: FunctionId, name: string): string => {
    const key = `functions.${id}.${name}`;
    return key in WORDS.en ? t(key as Key) : name;
  };
  const columns = (id: FunctionId): Column<Figure>[] => [
    { heading: t('functions.figure'), cell: (figure) => word(id, figure.name) },
    {
      heading: t('functions.value'),
      numeric: true,
      cell: (figure) => (figure.value === null ? t('functions.unknown') : number.format(figure.value)),
    },
  ];
  return (
    <Show when={props.of()}>
      {(one) => (
        <li class="function" data-function={one().id}>
          <h2>
            <Icon name={SIGNS[one().id]} size={18} />
            {t(`functions.${one().id}`)}
          </h2>
          <p class="soft small">{t(`functions.${one().id}.what`)}</p>
          <DataTable caption={t(`functions.${one().id}`)} columns={columns(one().id)} rows={one().figures} />
          <Link class="button small" href={one().path}>
            {t('functions.open')}
            <span class="for-listeners">: {t(`functions.${one().id}`)}</span>
          </Link>
        </li>
      )}
    </Show>
  );
}
