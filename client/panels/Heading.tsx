/** The first heading of what takes the place of what was there before. */
import { onMount } from 'solid-js';
import type { JSX } from 'solid-js';

/** Where the button that was pressed has gone, the focus comes here: it is read out, and Tab goes on from it. */
export function Heading(props: { children: JSX.Element }): JSX.Element {
  let heading!: HTMLHeadingElement;
  onMount(() => {
    if (document.activeElement === document.body) heading.focus({ preventScroll: true });
  });
  return (
    <h1 ref={heading} tabIndex={-1}>
      {props.children}
    </h1>
  );
}
