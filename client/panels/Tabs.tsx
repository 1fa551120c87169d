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
  // Panels are kept by name: a tab whose label changes, or that gets a neighbour, keeps its panel as it is.
  const names = (): readonly Name[] => props.tabs.map(({ name }) => name);
  const label = (name: Name): string | undefined => props.tabs.find((tab) => tab.name === name)?.label;
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
        <For each={names()}>
          {(name) => (
            <button
              type="button"
              role="tab"
              id={`${id}-${name}`}
              data-tab={name}
              aria-selected={props.chosen === name}
              aria-controls={`${id}-${name}-panel`}
              tabIndex={props.chosen === name ? 0 : -1}
              onClick={() => props.onChoose(name)}
            >
              {label(name)}
            </button>
          )}
        </For>
      </div>
      {/* Panels stay alive when another is shown: what was typed there is not lost. */}
      <For each={names()}>
        {(name) => (
          <div
            role="tabpanel"
            id={`${id}-${name}-panel`}
            aria-labelledby={`${id}-${name}`}
            class="tab-panel"
            hidden={props.chosen !== name}
          >
            {props.children(name)}
          </div>
        )}
      </For>
    </div>
  );
}
