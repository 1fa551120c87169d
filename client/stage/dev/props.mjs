/**
 * Makes `client/public/props` and `places/prop-sizes.json` from the shared OBJ models, one folder each:
 * `node client/stage/dev/props.mjs FOLDER` with FOLDER holding `scopia-hospital-bed/hospital-bed.obj` and so on.
 * Each becomes one mesh in metres, Y up, its front along +Z, its middle on the floor; colours stand at the corners,
 * so that all furniture of a place can be drawn at once.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BufferGeometry, Color, Float32BufferAttribute, Vector3 } from 'three';
import { OBJLoader } from 'three/addons/loaders/OBJLoader.js';
import { mergeVertices, toCreasedNormals } from 'three/addons/utils/BufferGeometryUtils.js';
import { glb, simplified } from './pack.mjs';

const OUT = fileURLToPath(new URL('../../public/props', import.meta.url));
/** Edges sharper than this stay edges. */
const CREASE_rad = 0.7;

/** Folder, height in metres (the models have units of their own), triangles at most. */
const PROPS = {
  'bed': ['scopia-hospital-bed', 0.897, 2600],
  'bench': ['blendswap-cc-0-bench', 0.508, 700],
  'cabinet-drawers': ['blendswap-cc-0-drawersCabinet', 0.885, 600],
  'cabinet-glass': ['blendswap-cc-0-glassDoorCabinet', 0.72, 500],
  'chair': ['blendswap-cc-0-sillaBlanca', 0.85, 1100],
  'class-seat': ['blendswap-cc-by-classSeat', 0.8, 1100],
  'cooler': ['scopia-water_cooler', 1.322, 700],
  'desk': ['scopia-kids_desk_table', 0.746, 900],
  'door': ['scopia-double_door_2', 2.1, 1200],
  'dustbin': ['blendswap-cc-0-dustbin', 0.35, 500],
  'exit-sign': ['blendswap-cc-0-emergencySign', 0.09, 300],
  'extinguisher': ['blendswap-cc-0-fireExtinguisher', 0.623, 800],
  'filing-cabinet': ['katorlegaz-filing-cabinet', 0.6, 500],
  'laptop': ['blendswap-cc-by-laptop', 0.266, 600],
  'medicine-bottle': ['scopia-medicoscopia_bottle', 0.087, 260],
  'medicine-box': ['scopia-medicoscopia_box', 0.066, 60],
  'plant': ['blendswap-cc-0-littlePlant', 0.232, 1600],
  'printer': ['scopia-inkjet_and_scanner_printer', 0.189, 500],
  'smoke-detector': ['scopia-smoke-detector', 0.1, 400],
  'stool': ['blendswap-cc-0-silla2', 0.788, 900],
  'technical-table': ['blendswap-cc-0-technicalTable1', 0.95, 1000],
  'washbasin': ['scopia-bathroom4', 0.5, 1000],
  'wheelchair': ['blendswap-cc-by-wheelchair', 0.91, 3200],
  'whiteboard': ['blendswap-cc-0-whiteBoard', 1.29, 700],
};

/** The mean colour of each picture that a material is painted with, taken in linear light; of a leaf, without its ground. */
const PICTURES = {
  'blendswap-cc-0-bench/image2.jpg': '#c9ae90',
  'blendswap-cc-0-drawersCabinet/american_oak.jpg': '#bda577',
  'blendswap-cc-0-drawersCabinet/marble_14.jpg': '#a6a8ac',
  'blendswap-cc-0-emergencySign/sign.jpg': '#88a995',
  'blendswap-cc-0-fireExtinguisher/label.jpg': '#cf7471',
  'blendswap-cc-0-glassDoorCabinet/american_oak.jpg': '#bda577',
  'blendswap-cc-0-littlePlant/leaf.jpg': '#5b8a48',
  'blendswap-cc-0-littlePlant/mutt.jpg': '#856b4b',
  'blendswap-cc-0-littlePlant/pot.jpg': '#dfbdb2',
  'blendswap-cc-by-wheelchair/Leather0056_2_S.jpg': '#383f37',
  'scopia-inkjet_and_scanner_printer/inkjet_and_scanner_printer.jpg': '#343434',
  'scopia-medicoscopia_bottle/iodo.jpg': '#f2e60a',
  'scopia-medicoscopia_bottle/ralletes_tap.jpg': '#8b8b8b',
  'scopia-medicoscopia_box/caja_mediscopia.jpg': '#f5f8f3',
  'scopia-water_cooler/uv-map-colored-water-cooler.jpg': '#e1dfde',
};

function coloursOf(mtl, folder) {
  const colours = new Map();
  let name = '';
  for (const line of mtl.split(/\r?\n/)) {
    const [word, ...rest] = line.trim().split(/\s+/);
    if (word === 'newmtl') name = rest.join(' ');
    if (word === 'Kd') colours.set(name, new Color().setRGB(...rest.map(Number), 'srgb'));
    const picture = word === 'map_Kd' && PICTURES[`${folder}/${rest.join(' ')}`];
    if (picture) colours.set(name, new Color(picture));
  }
  return colours;
}

/** All parts as one mesh of corners with colours, scaled and placed. */
function geometryOf(folder, source, height_m) {
  const files = readdirSync(join(source, folder));
  const text = (end) => readFileSync(join(source, folder, files.find((file) => file.endsWith(end))), 'utf8');
  const colours = coloursOf(text('.mtl'), folder);
  const [positions, paints] = [[], []];
  new OBJLoader().parse(text('.obj')).traverse((mesh) => {
    if (!mesh.isMesh) return;
    const at = mesh.geometry.getAttribute('position');
    const materials = [mesh.material].flat();
    const groups = mesh.geometry.groups.length > 0 ? mesh.geometry.groups : [{ start: 0, count: at.count, materialIndex: 0 }];
    for (const { start, count, materialIndex } of groups) {
      const paint = colours.get(materials[materialIndex ?? 0]?.name) ?? new Color('#9aa2a6');
      for (let i = start; i < start + count; i++) {
        positions.push(at.getX(i), at.getY(i), at.getZ(i));
        paints.push(paint.r, paint.g, paint.b);
      }
    }
  });
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new Float32BufferAttribute(positions, 3));
  geometry.setAttribute('color', new Float32BufferAttribute(paints, 3));
  geometry.computeBoundingBox();
  const size = geometry.boundingBox.getSize(new Vector3());
  const middle = geometry.boundingBox.getCenter(new Vector3());
  geometry.translate(-middle.x, -geometry.boundingBox.min.y, -middle.z).scale(...Array(3).fill(height_m / size.y));
  return mergeVertices(toCreasedNormals(geometry, CREASE_rad), 1e-4);
}

const source = process.argv[2];
if (!source) throw new Error('name the folder of models');
mkdirSync(OUT, { recursive: true });
const sizes = {};
for (const [name, [folder, height_m, most]] of Object.entries(PROPS)) {
  const geometry = geometryOf(folder, source, height_m);
  const indices = simplified(geometry, most);
  const file = glb(geometry, Uint32Array.from(indices));
  writeFileSync(join(OUT, `${name}.glb`), file);
  sizes[name] = geometry.boundingBox.getSize(new Vector3()).toArray().map((edge) => Math.round(edge * 1000) / 1000);
  process.stdout.write(`${name}: ${geometry.index.count / 3} → ${indices.length / 3} triangles, ${file.length} bytes\n`);
}
const lines = Object.entries(sizes).map(([name, size]) => `  "${name}": [${size.join(', ')}]`);
writeFileSync(new URL('../places/prop-sizes.json', import.meta.url), `{\n${lines.join(',\n')}\n}\n`);
