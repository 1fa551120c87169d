/** A dialog on the browser's own element: focus stays inside, Escape closes, the page behind is inert. */
import { Show, createEffect, createUniqueId, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { Icon } from './Icon';

interface DialogProps {
  readonly open: boolean;
  readonly title: string;
  readonly children: JSX.Element;
  onClose(): void;
}

export function Dialog(props: DialogProps): JSX.Element {
  const { t, announced } = useApp();
  const heading = createUniqueId();
  let element!: HTMLDialogElement;
  let cameFrom: Element | null = null;

  createEffect(() => {
    if (props.open && !element.open) {
      cameFrom = document.activeElement;
      element.showModal();
    } else if (!props.open && element.open) {
      element.close();
    }
  });
  onCleanup(() => element.open && element.close());

  const closed = (): void => {
    if (cameFrom instanceof HTMLElement) cameFrom.focus();
    if (props.open) props.onClose();
  };
  const onBackdrop = (event: MouseEvent): void => {
    if (event.target === element) element.close();
  };

  return (
    <dialog ref={element} class="dialog" aria-labelledby={heading} onClose={closed} onClick={onBackdrop}>
      <header>
        <h2 id={heading}>{props.title}</h2>
        <button type="button" class="button quiet square" aria-label={t('app.close')} onClick={() => element.close()}>
          <Icon name="close" />
        </button>
      </header>
      <div class="panel-body">{props.children}</div>
      {/* Behind an open dialog the page is silent: what it has to say meanwhile is said here. */}
      <Show when={props.open}>
        <p class="for-listeners" role="status">{announced()}</p>
      </Show>
    </dialog>
  );
}
