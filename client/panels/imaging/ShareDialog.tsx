/** Sharing a study: who may see it already, a link that works for them alone, and how somebody else is let in. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { isVisitor } from '../../core/figures';
import { patientPath, studyAddress } from '../../core/hospital';
import type { StaffRow } from '../../core/hospital';
import { createQuery } from '../../core/query';
import { Link } from '../../core/router';
import { factsIn, viewersOf } from '../../core/who-may-see';
import type { Viewer } from '../../core/who-may-see';
import { Answer } from '../Answer';
import { Dialog } from '../Dialog';
import { Field } from '../Field';
import { Icon } from '../Icon';
import { createStudyInfo } from './study-info';

/** Facts of these kinds let people in. */
const ACCESS_KINDS = ['CareTeam', 'ServiceRequest', 'Task'] as const;

interface ShareButtonProps {
  readonly study: string;
}

/** A study's address carries no right: whoever opens it is asked for their own. */
export function ShareButton(props: ShareButtonProps): JSX.Element {
  const app = useApp();
  const [open, setOpen] = createSignal(false);
  // A patient's own account is the patient's, also where they come with others; the hospital's staff pass links on among themselves.
  const why = (): string | undefined => (app.me()?.roles.every(isVisitor) ? app.t('share.refused') : undefined);
  return (
    <>
      <button type="button" class="button small" disabled={why() !== undefined} title={why() ?? app.t('share.open')} onClick={() => setOpen(true)}>
        <Icon name="link" size={16} />
        <span class="button-words">{app.t('share.open')}</span>
        <Show when={why()}>{(words) => <span class="for-listeners">{words()}</span>}</Show>
      </button>
      <Show when={open()}>
        <Dialog open title={app.t('share.title')} onClose={() => setOpen(false)}>
          <ShareForm study={props.study} />
        </Dialog>
      </Show>
    </>
  );
}

function ShareForm(props: ShareButtonProps): JSX.Element {
  const app = useApp();
  const info = createStudyInfo(() => props.study);
  return (
    <div class="stack">
      <CopyLink study={props.study} />
      <Answer of={info} lines={3}>
        {(known) => (
          <>
            <WhoMaySee patient={known().patient} />
            <Show when={app.me()?.roles.includes('terminal-doctor')}>
              <Link class="button small" href={`${patientPath(known().patient)}?ask`}>
                <Icon name="people" size={16} />
                {app.t('share.ask')}
              </Link>
            </Show>
          </>
        )}
      </Answer>
    </div>
  );
}

function CopyLink(props: ShareButtonProps): JSX.Element {
  const app = useApp();
  const link = (): string => new URL(studyAddress(props.study), location.href).href;
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(link());
      app.toast(() => app.t('share.copied'));
    } catch {
      app.toast(() => app.t('share.failed'));
    }
  }
  return (
    <Field label={app.t('share.link')} hint={app.t('share.hint')}>
      {(control) => (
        <div class="row share-link">
          <input {...control} class="input" readOnly value={link()} onFocus={(event) => event.currentTarget.select()} />
          <button type="button" class="button" onClick={() => void copy()}>
            {app.t('share.copy')}
          </button>
        </div>
      )}
    </Field>
  );
}

function WhoMaySee(props: { patient: string }): JSX.Element {
  const app = useApp();
  const staff = createQuery<StaffRow[]>(() => (signal) => app.api.get('/api/staff', { signal }));
  const viewers = createQuery<readonly Viewer[]>(() => {
    const patient = encodeURIComponent(props.patient);
    return async (signal) => {
      const answers = await Promise.all(ACCESS_KINDS.map((kind) => app.api.get<unknown>(`/fhir/${kind}?patient=${patient}&_count=200`, { signal })));
      return viewersOf(answers.flatMap(factsIn), new Date());
    };
  });
  const name = ({ id, display }: Viewer): string => staff.data()?.find((one) => one.id === id)?.name ?? display ?? id;
  const why = (viewer: Viewer): string => {
    if (viewer.why === 'asked') return app.t('share.asked');
    return viewer.team === undefined ? app.t('share.team') : app.t('share.teamNamed', { team: viewer.team });
  };
  return (
    <section class="stack tight" aria-labelledby="share-who">
      <h3 id="share-who">{app.t('share.who')}</h3>
      <Answer of={viewers} lines={2}>
        {(all) => (
          <ul class="share-who">
            <For each={all()} fallback={<li class="soft small">{app.t('share.nobody')}</li>}>
              {(viewer) => (
                <li data-viewer={viewer.id}>
                  <strong>{name(viewer)}</strong>
                  <span class="soft small">{why(viewer)}</span>
                </li>
              )}
            </For>
          </ul>
        )}
      </Answer>
      <p class="soft small">{app.t('share.consent')}</p>
    </section>
  );
}
