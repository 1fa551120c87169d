/** Tabs by the ARIA pattern: arrows move, Home and End jump, one panel is shown. */
import { For, createUniqueId } from 'solid-js';
import type { JSX } from 'solid-js';

export interface Tab<Name extends string> {
  readonly name: Name;
  readonly label: string;
}

interface TabsProps<Name extends string> {
  readonly label: string;
  readonly tabs: readonly Tab<Name>[];
  readonly chosen: Name;
  onChoose(name: Name): void;
  children(name: Name): JSX.Element;
}

export function Tabs<Name extends string>(props: TabsProps<Name>): JSX.Element {
  const id = createUniqueId();
  let list!: HTMLDivElement;

  const onKey = (event: KeyboardEvent): void => {
    const at = props.tabs.findIndex(({ name }) => name === props.chosen);
    const count = props.tabs.length;
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1 + count, Home: 0, End: count - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const tab = props.tabs[next % count];
    if (!tab) return;
    props.onChoose(tab.name);
    list.querySelector<HTMLElement>(`[data-tab="${tab.name}"]`)?.focus();
  };

  return (
    <div class="tabbed">
      <div ref={list} class="tabs" role="tablist" aria-label={props.label} onKeyDown={onKey}>
        <For each={props.tabs}>
          {(tab) => (
            <button
              type="button"
              role="tab"
              id={`${id}-${tab.name}`}
              data-tab={tab.name}
              aria-selected={props.chosen === tab.name}
              aria-controls={`${id}-${tab.name}-panel`}
              tabIndex={props.chosen === tab.name ? 0 : -1}
              onClick={() => props.onChoose(tab.name)}
            >
              {tab.label}
            </button>
          )}
        </For>
      </div>
      {/* Panels stay alive when another is shown: what was typed there is not lost. */}
      <For each={props.tabs}>
        {(tab) => (
          <div
            role="tabpanel"
            id={`${id}-${tab.name}-panel`}
            aria-labelledby={`${id}-${tab.name}`}
            class="tab-panel"
            hidden={props.chosen !== tab.name}
          >
            {props.children(tab.name)}
          </div>
        )}
      </For>
    </div>
  );
}
