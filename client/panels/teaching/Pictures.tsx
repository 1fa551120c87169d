/** The images of a teaching case: one at a time, in two windows, with a ruler for pointer and keyboard. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { Segmented } from '../Segmented';
import { distance_mm } from './case';
import type { Point, TeachingCase } from './case';

/** Centre and width in HU: the usual lung and soft tissue windows. */
const WINDOWS = { lung: '-600,1500', soft: '40,400' } as const;
const [STEP, FAR] = [1, 10] as const;

export function Pictures(props: { of: TeachingCase }): JSX.Element {
  const app = useApp();
  const [number, setNumber] = createSignal(Math.ceil(props.of.images / 2));
  const [shown, setShown] = createSignal<keyof typeof WINDOWS>('lung');
  const [points, setPoints] = createSignal<readonly Point[]>([]);
  const [cross, setCross] = createSignal<Point>();
  const [size, setSize] = createSignal<Point>([512, 512]);
  const address = (): string => `/api/teaching/cases/${encodeURIComponent(props.of.id)}/images/${number()}?window=${WINDOWS[shown()]}`;
  const mark = (point: Point): void => {
    setPoints((before) => (before.length >= 2 ? [point] : [...before, point]));
  };
  const measured = (): string => {
    const [a, b] = points();
    if (!a || !b || !props.of.pixel_mm) return '';
    const mm = distance_mm(a, b, props.of.pixel_mm);
    return app.t('teaching.measured', { mm: mm.toLocaleString(app.language(), { maximumFractionDigits: 1, minimumFractionDigits: 1 }) });
  };
  const at = (event: MouseEvent & { currentTarget: Element }): Point => {
    const box = event.currentTarget.getBoundingClientRect();
    const [width, height] = size();
    return [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height];
  };
  const onKey = (event: KeyboardEvent): void => {
    const [width, height] = size();
    const [x, y] = cross() ?? [width / 2, height / 2];
    const step = event.shiftKey ? FAR : STEP;
    const to: Point | undefined = {
      ArrowLeft: [x - step, y] as const,
      ArrowRight: [x + step, y] as const,
      ArrowUp: [x, y - step] as const,
      ArrowDown: [x, y + step] as const,
    }[event.key];
    if (to) setCross([Math.min(width, Math.max(0, to[0])), Math.min(height, Math.max(0, to[1]))]);
    else if (event.key === 'Enter') mark([x, y]);
    else return;
    event.preventDefault();
  };
  return (
    <section class="panel" aria-labelledby="teaching-images">
      <header>
        <h2 id="teaching-images">{app.t('teaching.images')}</h2>
        <Segmented
          label={app.t('teaching.window')}
          options={[
            { value: 'lung', label: app.t('teaching.lung') },
            { value: 'soft', label: app.t('teaching.soft') },
          ]}
          chosen={shown()}
          onChoose={setShown}
        />
      </header>
      <div class="panel-body">
        <div
          class="teaching-picture"
          role="application"
          aria-label={`${app.t('teaching.image', { n: number(), of: props.of.images })}. ${app.t('teaching.ruler')}`}
          tabIndex={0}
          onClick={(event) => mark(at(event))}
          onKeyDown={onKey}
        >
          <img
            src={address()}
            alt=""
            draggable={false}
            onLoad={(event) => setSize([event.currentTarget.naturalWidth, event.currentTarget.naturalHeight])}
          />
          <svg viewBox={`0 0 ${size()[0]} ${size()[1]}`} aria-hidden="true">
            <Show when={points().length === 2}>
              <line x1={points()[0]?.[0]} y1={points()[0]?.[1]} x2={points()[1]?.[0]} y2={points()[1]?.[1]} />
            </Show>
            <For each={points()}>{([x, y]) => <circle cx={x} cy={y} r="3" />}</For>
            <Show when={cross()}>{(place) => <path d={`M${place()[0] - 8} ${place()[1]}h16M${place()[0]} ${place()[1] - 8}v16`} />}</Show>
          </svg>
        </div>
        <label class="teaching-slider small">
          {app.t('teaching.image', { n: number(), of: props.of.images })}
          <input
            type="range"
            min={1}
            max={props.of.images}
            value={number()}
            onInput={(event) => {
              setNumber(Number(event.currentTarget.value));
              setPoints([]);
            }}
          />
        </label>
        <p class="small" role="status">
          <strong class="number">{measured()}</strong>
        </p>
        <p class="soft small">{app.t(props.of.pixel_mm ? 'teaching.ruler' : 'teaching.noScale')}</p>
      </div>
    </section>
  );
}
