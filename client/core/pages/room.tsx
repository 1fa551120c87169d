/** A room: the stage, the tools, the people and the case. */
import type { JSX } from 'solid-js';

export function RoomPage(props: { id: string }): JSX.Element {
  return <p>{props.id}</p>;
}
