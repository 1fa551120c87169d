/** Where a line of the summary comes from. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { studyAddress } from '../../../../client/core/hospital';
import type { Say } from './words';

/** Where a source is opened. */
function addressOf(source: string): string | undefined {
  const [kind, id] = source.split('/');
  if (kind === undefined || id === undefined) return undefined;
  if (kind === 'study') return studyAddress(id);
  if (kind === 'series') return undefined;
  return `/fhir/${kind}/${encodeURIComponent(id)}`;
}

export function Source(props: { source: string; say: Say }): JSX.Element {
  const label = (): string => {
    const [kind = ''] = props.source.split('/');
    return props.say('sumSource', { kind });
  };
  return (
    <Show when={addressOf(props.source)} fallback={<span class="soft small">{label()}</span>}>
      {(address) => (
        <a class="small" href={address()} target="_blank" rel="noopener">
          {label()}
        </a>
      )}
    </Show>
  );
}
