import { Vector3 } from 'three';
import { centreLps } from '../../core/frames';
import { parseManifest } from '../../core/volume/manifest';
import { VolumeStore } from '../../core/volume/store';
import { defaultTransform } from '../hologram';
import { Webcam } from '../../face/webcam';
import { seatedPoses } from '../seats';
import { createStage } from '../stage';
import { emulateXrIfAsked } from '../../xr/emulate';
import { Headset } from '../../xr/headset';
import { xrModes, type XrMode } from '../../xr/modes';
import { createSlice } from '../slice';
import type { PlaceId } from '../places/design';
import type { Tool } from '../tools';
import { PRESETS, type PresetName } from '../transfer';
import { marksOn, type Hologram } from '../room-view';
import { LocalRoom } from './local-room';
import { phantom } from './phantom';

const query = new URLSearchParams(location.search);
// `?volume=/folder` shows a real volume that the server has at hand; without it a made-up chest.
const folder = query.get('volume');
const made = phantom();
const manifest = folder === null ? parseManifest(made.manifest) : parseManifest(await (await fetch(`${folder}/manifest.json`)).json());
const store = new VolumeStore(manifest, folder === null ? { baseUrl: '/phantom', fetch: made.fetch } : { baseUrl: folder });
const preset = PRESETS[(query.get('preset') ?? 'angio') as PresetName];
const hologram: Hologram = {
  type: 'hologram',
  series: manifest.series,
  transform: defaultTransform(store),
  window: { centre_hu: preset.centre_hu, width_hu: preset.width_hu },
  mode: (query.get('mode') ?? 'volume') as 'volume',
  layers: {},
  clip: null,
  cursor_lps_mm: manifest.lesions[0]?.centre_lps_mm ?? centreLps(manifest),
};
const room = new LocalRoom(hologram);
// `?empty` is a room without images, to which `gallery.bring()` brings them.
const isEmpty = query.has('empty');
if (isEmpty) for (const id of [...room.entities().keys()]) room.act({ act: 'remove', id });
const bring = (): void => {
  room.act({ act: 'add', entity: hologram });
  stage.show(store);
};
const stage = createStage(document.querySelector('canvas') as HTMLCanvasElement, { room, store: isEmpty ? undefined : store, figures: query.has('figures'), place: (query.get('place') ?? 'consulting') as PlaceId });
if (query.has('peer')) {
  const seat = { yaw: 0.2, pitch: 0.05, distance_m: 1.75 };
  room.join({ id: 'chen', name: '陈专家 Dr Chen' }, (now) => seatedPoses(0, { ...seat, yaw: Math.sin(now / 1500) * 0.4 }, new Vector3(0.08, 1.5, 0.12)));
}
const slices = (['axial', 'coronal', 'sagittal'] as const).map((axis) => {
  const canvas = document.createElement('canvas');
  canvas.tabIndex = 0;
  document.querySelector('#slices')?.append(canvas);
  const slice = createSlice(canvas, axis, store);
  slice.events.on('cursor', (cursor_lps_mm) => stage.set({ cursor_lps_mm }));
  slice.events.on('use', (point) => stage.tools.use(point, [0, -1, 0]));
  slice.events.on('length', ([a, b]) => (stage.tools.use(a, [0, -1, 0]), stage.tools.use(b, [0, -1, 0])));
  return slice;
});
const linked = (): void => {
  const there = stage.shared.now(performance.now());
  if (!there) return;
  const { id, state } = there;
  for (const slice of slices) slice.set({ cursor_lps_mm: state.cursor_lps_mm, window: state.window, tool: stage.tools.tool, marks: marksOn(room, id), showLesions: true, nodules: [] });
};
stage.onHologram = linked;
linked();
stage.tools.tool = (query.get('tool') ?? 'turn') as Tool;
await emulateXrIfAsked();
const enterXr = (mode: XrMode): Promise<Headset> =>
  Headset.enter(stage, mode, {
    title: '王女士 · 67 岁 · Case review',
    lines: ['胸部 CT：右肺上叶结节 13.7 mm。', 'Chest CT: nodule of the right upper lobe, 13.7 mm.', '请先各自投票，再看模型结果。'],
    buttons: [{ id: 'lung', label: '肺窗 Lung' }, { id: 'exit', label: '退出 Leave' }],
  });
/** One's own head and hands by a webcam; off until it is started. */
const webcam = new Webcam();
stage.leans = () => webcam.lean(performance.now());
/** The same chest as another series, loaded. */
const other = async (): Promise<VolumeStore> => {
  const loaded = new VolumeStore(parseManifest({ ...made.manifest, series: '2.25.2' }), { baseUrl: '/phantom', fetch: made.fetch });
  await loaded.load();
  return loaded;
};
/** The stage's picture as RGBA bytes of a small canvas. */
const pixels = (width: number, height: number): number[] => {
  stage.drawNow();
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  context?.drawImage(stage.renderer.domElement, 0, 0, width, height);
  return [...(context?.getImageData(0, 0, width, height).data ?? [])];
};
Object.assign(window, { gallery: { pixels, other, bring, stage, room, store, slices, enterXr, xrModes, webcam } });
await store.load();
