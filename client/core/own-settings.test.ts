import { expect, test } from 'vitest';
import { KEPT } from './own-settings';
import { WORDS } from '../words/words';
import guide from '../../docs/guides/yuanyi.toml?raw';

test('each setting for how long something is kept is shown with what it means, by its name in the configuration', () => {
  const settings = [...guide.matchAll(/^#= (\w+_days) = /gm)].map(([, name]) => name ?? '');
  expect(settings).toHaveLength(KEPT.length);
  for (const words of [WORDS.en, WORDS.zh]) {
    const said = KEPT.map((kind) => words[`settings.kept.${kind}.means`]);
    for (const setting of settings) expect(said.filter((one) => one.includes(`(${setting}`) || one.includes(`（${setting}`)), setting).toHaveLength(1);
  }
});
