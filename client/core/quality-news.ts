/** Says at once, on whatever page one is, that a deviation was found: to who can mend it and who supervises. */
import { useApp } from './app';
import { inLanguage } from './language';
import type { Quality } from './quality';

export function sayDeviations(): void {
  const app = useApp();
  const said = new Set<string>();
  app.onServerEvent(({ kind, id }) => {
    if (kind !== 'quality' || id === undefined) return;
    void app.api
      .get<Quality>('/api/quality')
      .then(({ deviations, rules }) => {
        const found = deviations.find((one) => one.id === id);
        // One that was closed may come again; as long as it stays open it is said once.
        if (found?.state !== 'open') said.delete(id);
        else if (!said.has(id)) {
          said.add(id);
          const rule = rules.find((one) => one.id === found.rule);
          app.toast(() => app.t('quality.news', { what: rule ? inLanguage(rule.title, app.language()) : found.rule }));
        }
      })
      // Who may not see it is told nothing, and the page tells of a broken line itself.
      .catch(() => undefined);
  });
}
