/** Asks a device how it is, and shows what it was asked and what it answered. */
import { For, Show, createEffect, createMemo, createSignal, on } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import { detailOf, devicePath } from '../../core/devices';
import type { DeviceCommand } from '../../core/devices';
import { createQuery } from '../../core/query';
import { WORDS } from '../../words/words';
import type { Key } from '../../words/words';
import { Answer } from '../Answer';
import { DataTable } from '../DataTable';
import type { Column } from '../DataTable';
import { Notice } from '../Notice';

const ASKS = ['self-check', 'send-log'] as const;

export function Ask(props: { device: string; tick: unknown }): JSX.Element {
  const app = useApp();
  const { t, language } = app;
  // The device is read anew with all others, and the question stays the same.
  const path = createMemo(() => devicePath(props.device, 'commands'));
  const commands = createQuery<{ commands: readonly DeviceCommand[] }>(() => {
    const at = path();
    return (signal) => app.api.get(at, { signal });
  });
  createEffect(on(() => props.tick, () => commands.reload(), { defer: true }));
  const [refusal, setRefusal] = createSignal<string>();
  async function ask(command: string): Promise<void> {
    setRefusal(undefined);
    try {
      await app.api.post(path(), { command });
      app.announce(t('devices.asked'));
    } catch (error) {
      setRefusal(app.explain(error));
    }
    commands.reload();
  }
  const word = (command: string): string => {
    const key = `devices.ask.${command}`;
    return key in WORDS.en ? t(key as Key) : command;
  };
  const columns = (): Column<DeviceCommand>[] => [
    { heading: t('devices.at'), cell: (one) => momentOf(one.at, language()) },
    { heading: t('devices.ask'), cell: (one) => word(one.command) },
    { heading: t('upgrades.by'), cell: (one) => one.by },
    { heading: t('devices.answer'), cell: (one) => t(`devices.answer.${one.state}`) },
    { heading: t('devices.answer.more'), cell: (one) => <span class="device-detail">{detailOf(one, t)}</span> },
  ];
  return (
    <section>
      <h2>{t('devices.diagnosis')}</h2>
      <p class="rollout-acts">
        <For each={ASKS}>
          {(one) => (
            <button type="button" class="button small" onClick={() => void ask(one)}>
              {t(`devices.ask.${one}`)}
            </button>
          )}
        </For>
      </p>
      <Show when={refusal()}>{(text) => <Notice kind="bad">{text()}</Notice>}</Show>
      <Answer of={commands} lines={2}>
        {(answer) => (
          <Show when={answer().commands.length > 0} fallback={<p class="soft">{t('devices.askedNothing')}</p>}>
            <DataTable stacks caption={t('devices.diagnosis')} columns={columns()} rows={answer().commands} />
          </Show>
        )}
      </Answer>
    </section>
  );
}
