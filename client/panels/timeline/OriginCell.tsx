/** Where a value comes from: opens it, says who and when, and proves it when asked. */
import { Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Origin } from '../../../contract/timeline';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import { sourceAddress, studyAddress } from '../../core/hospital';
import { Link } from '../../core/router';
import { Icon } from '../Icon';
import { ProofBadge } from '../ProofBadge';
import { SourceChip } from '../SourceChip';

export function OriginCell(props: { origin: Origin }): JSX.Element {
  const app = useApp();
  const [proving, setProving] = createSignal(false);
  const study = (): string | undefined => {
    const [kind, uid] = props.origin.reference.split('/');
    return kind === 'study' ? uid : undefined;
  };
  const address = (): string | undefined => {
    const own = sourceAddress(props.origin.reference);
    return own === undefined || props.origin.version === undefined ? own : `${own}/_history/${props.origin.version}`;
  };
  const entered = (): string => {
    const day = momentOf(props.origin.recorded, app.language());
    const who = props.origin.entered_by;
    return who === undefined ? app.t('time.enteredOn', { day }) : app.t('time.entered', { day, who });
  };
  return (
    <div class="origin">
      <Show
        when={study()}
        fallback={<SourceChip label={props.origin.reference.split('/')[0] ?? ''} href={address()} />}
      >
        {(uid) => (
          <Link class="chip" href={studyAddress(uid())}>
            <Icon name="image" size={12} />
            {app.t('lesions.study')}
          </Link>
        )}
      </Show>
      <span class="soft small">{entered()}</span>
      <Show when={props.origin.sequence}>
        {(sequence) => (
          <Show
            when={proving()}
            fallback={
              <button type="button" class="chip" onClick={() => setProving(true)}>
                <Icon name="seal" size={12} />
                {app.t('time.prove')}
              </button>
            }
          >
            <ProofBadge sequence={sequence()} />
          </Show>
        )}
      </Show>
    </div>
  );
}
