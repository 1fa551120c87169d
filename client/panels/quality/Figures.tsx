/** How wards and follow-up at home run, in figures that name nobody; all of it as a file. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { save } from '../../core/download/download';
import { OF_WEEK, figuresFile, homeShown, homeWords, placesOf, weekShown } from '../../core/hospital-figures';
import type { AtHome, WardFigures, WeekFigures } from '../../core/hospital-figures';
import { colonIn, nameIn } from '../../core/language';
import { createQuery } from '../../core/query';
import { Link } from '../../core/router';
import { Answer } from '../Answer';
import { DataTable } from '../DataTable';
import type { Column } from '../DataTable';
import { Icon } from '../Icon';

export function Figures(): JSX.Element {
  const app = useApp();
  const wards = createQuery<readonly WardFigures[]>(() => (signal) => app.api.get('/api/ward-figures/weeks', { signal }));
  const home = createQuery<AtHome>(() => (signal) => app.api.get('/api/scenarios/follow-up/figures', { signal }));
  const columns = (): Column<WeekFigures>[] => [
    { heading: app.t('quality.week'), whole: true, cell: ({ from }) => weekShown(from, app.language()) },
    ...OF_WEEK.map(([word, read, places]) => ({ heading: app.t(word), numeric: true, cell: (week: WeekFigures) => placesOf(read(week), places) || '–' })),
  ];
  const take = (): void => {
    const text = figuresFile(wards.data() ?? [], home.data(), app.t, app.language());
    save(new Blob([text], { type: 'text/csv;charset=utf-8' }), 'figures.csv');
  };
  return (
    <div class="stack" data-figures>
      <div class="row">
        <button type="button" class="button small" disabled={wards.data() === undefined && home.data() === undefined} onClick={take}>
          <Icon name="download" size={16} />
          {app.t('quality.csv')}
        </button>
      </div>
      <section class="stack">
        <h2>{app.t('quality.wards')}</h2>
        <Answer of={wards}>
          {(all) => (
            <For each={all()}>
              {(ward) => (
                <section class="stack" data-weeks={ward.id}>
                  <h3>{nameIn(ward.name, app.language())}</h3>
                  <Show when={ward.old.length > 0}>
                    <p class="soft small">{app.t('quality.week.old')}</p>
                  </Show>
                  <DataTable
                    stacks
                    caption={`${app.t('quality.wards')}${colonIn(app.language())}${nameIn(ward.name, app.language())}`}
                    rows={ward.weeks.toReversed()}
                    columns={columns()}
                  />
                </section>
              )}
            </For>
          )}
        </Answer>
        <div class="row">
          <Link class="button small" href="/scenarios/ward-twin#weeks">
            {app.t('quality.toWards')}
          </Link>
        </div>
      </section>
      <section class="stack" data-at-home>
        <h2>{app.t('quality.home')}</h2>
        <Answer of={home}>
          {(found) => (
            <>
              <p class="soft small">{app.t('quality.homeWhat', { n: found().days })}</p>
              <DataTable
                caption={app.t('quality.home')}
                rows={found().figures}
                columns={[
                  { heading: app.t('functions.figure'), cell: (one) => homeWords(one, app.t) },
                  { heading: app.t('functions.value'), numeric: true, cell: ({ value }) => homeShown(value) || app.t('functions.unknown') },
                ]}
              />
            </>
          )}
        </Answer>
        <div class="row">
          <Link class="button small" href="/scenarios/follow-up">
            {app.t('quality.toHome')}
          </Link>
        </div>
      </section>
    </div>
  );
}
