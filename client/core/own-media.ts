/** What of one's own goes to the others in a room, by what one is there and by what was decided. */
import type { Participant, Showing, Source } from '../../contract/room';

/** Why it does not: one watches without the word, is nobody who shows that here, it was ended, or this browser cannot. */
export type Kept = 'watching' | 'standing' | 'ended' | 'unsupported';

const isShowing = (source: Source): source is Showing => source === 'camera' || source === 'screen';

/** Why a source of somebody goes to nobody; nothing where it may go out. Whether they are muted is another question. */
export function keptBack(own: Participant | undefined, source: Source): Kept | undefined {
  if (!own) return undefined;
  if (own.standing === 'observer' && !own.has_word) return 'watching';
  if ((source === 'screen' || source === 'around') && own.standing !== 'host' && own.standing !== 'speaker') return 'standing';
  return isShowing(source) && own.ended?.includes(source) ? 'ended' : undefined;
}
