/** How follow-up runs, in figures that name nobody: for those who run the hospital. */
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { createQuery, reloadSoon } from '../../../../client/core/query';
import { Answer } from '../../../../client/panels/Answer';
import { DataTable } from '../../../../client/panels/DataTable';
import type { HomeFigures } from './course';
import { figureWords, sayIn } from './words';

const LATER_ms = 5_000;

export function Figures(): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const figures = createQuery<HomeFigures>(() => (signal) => app.api.get('/api/scenarios/follow-up/figures', { signal }));
  const later = reloadSoon(figures, LATER_ms);
  app.onServerEvent(({ kind }) => {
    if (kind === 'case' || kind === 'missed') later();
  });
  const number = (value: number): string =>
    new Intl.NumberFormat(app.language() === 'zh' ? 'zh-CN' : 'en-GB', { maximumFractionDigits: 1 }).format(value);
  return (
    <div class="follow" data-figures>
      <header>
        <h1>{say('figures')}</h1>
      </header>
      <section class="panel">
        <div class="panel-body stack">
          <Answer of={figures}>
            {(answer) => (
              <>
                <p class="soft">{say('figuresLead', { n: answer().days })}</p>
                <DataTable
                  caption={say('figures')}
                  rows={answer().figures}
                  columns={[
                    { heading: say('figure'), cell: ({ name }) => figureWords(say, name) },
                    { heading: say('figureValue'), numeric: true, cell: ({ value }) => (value === null ? say('figureUnknown') : number(value)) },
                  ]}
                />
              </>
            )}
          </Answer>
        </div>
      </section>
    </div>
  );
}
