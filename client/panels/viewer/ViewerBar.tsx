/** Above the pictures: the way back, whose pictures they are, comparing, taking along, identity, keys. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { dayOf } from '../../core/dates';
import type { Study } from '../../core/dicom/dicom-web';
import { Link } from '../../core/router';
import type { ViewerControl } from '../../core/viewer-control';
import type { States } from '../../core/viewer-states';
import { Icon } from '../Icon';
import { LanguageSwitch } from '../LanguageSwitch';
import { DownloadButton } from '../imaging/DownloadButton';
import { ShareButton } from '../imaging/ShareDialog';
import { StateMenu } from './StateMenu';

interface ViewerBarProps {
  readonly title: string;
  readonly study: Study;
  readonly control: ViewerControl;
  readonly states: States;
  readonly others: readonly Study[];
  readonly prior: Study | undefined;
  onCompare(study: Study | undefined): void;
  onHelp(): void;
}

export function ViewerBar(props: ViewerBarProps): JSX.Element {
  const app = useApp();
  const words = (study: Study): string =>
    `${study.date === undefined ? app.t('imaging.undated') : dayOf(study.date, app.language())} · ${study.modalities.join(' ')} · ${study.description ?? app.t('imaging.undescribed')}`;
  return (
    <header class="viewer-bar">
      <Link href="/imaging" class="button quiet small">
        <Icon name="back" />
        <span class="wide-only">{app.t('viewer.leave')}</span>
        <span class="for-listeners narrow-only">{app.t('viewer.leave')}</span>
      </Link>
      <h1>{props.title}</h1>
      <div class="viewer-bar-end">
        <StateMenu control={props.control} states={props.states} />
        <label class="viewer-compare">
          <span class="for-listeners">{app.t('viewer.compare')}</span>
          <select
            class="input small"
            disabled={props.others.length === 0}
            value={props.prior?.uid ?? ''}
            onChange={(event) => props.onCompare(props.others.find(({ uid }) => uid === event.currentTarget.value))}
          >
            <option value="">{app.t(props.others.length === 0 ? 'viewer.noPrior' : 'viewer.compare')}</option>
            <For each={props.others}>{(study) => <option value={study.uid} selected={study.uid === props.prior?.uid}>{words(study)}</option>}</For>
          </select>
        </label>
        <Show when={props.prior}>
          <button
            type="button"
            class="button small"
            aria-pressed={props.control.linked()}
            title={app.t(`viewer.link.${props.control.step()}`)}
            onClick={() => props.control.setLinked(!props.control.linked())}
          >
            <Icon name="link" size={16} />
            {app.t('viewer.link')}
            <span class="for-listeners">{app.t(`viewer.link.${props.control.step()}`)}</span>
          </button>
        </Show>
        <button type="button" class="button small" aria-pressed={props.control.isMasked()} aria-keyshortcuts="n" title={app.t('viewer.present')} onClick={() => props.control.setMasked((now) => !now)}>
          <Icon name="masked" size={16} />
          <span class="button-words">{app.t('viewer.present')}</span>
        </button>
        <DownloadButton study={props.study.uid} />
        <ShareButton study={props.study.uid} />
        <button type="button" class="button small" aria-keyshortcuts="?" title={app.t('viewer.help')} onClick={() => props.onHelp()}>
          <Icon name="help" size={16} />
          <span class="button-words">{app.t('viewer.help')}</span>
        </button>
        <LanguageSwitch />
      </div>
    </header>
  );
}
