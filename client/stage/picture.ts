import { type Camera, PerspectiveCamera, SRGBColorSpace, type Scene, WebGLRenderTarget, type WebGLRenderer } from 'three';
import { headOf } from './head';

const [WIDTH, HEIGHT] = [1280, 960];
const FIELD_DEG = 60;

/** What is seen from where a head is, drawn beside the headset's own pictures, as a PNG in a data URL. */
export function pictureFrom(renderer: WebGLRenderer, scene: Scene, from: Camera): string {
  const eye = new PerspectiveCamera(FIELD_DEG, WIDTH / HEIGHT, 0.05, 60);
  const { position, rotation } = headOf(from);
  eye.position.copy(position);
  eye.quaternion.copy(rotation);
  eye.layers.mask = from.layers.mask;
  const target = new WebGLRenderTarget(WIDTH, HEIGHT, { colorSpace: SRGBColorSpace, internalFormat: 'RGBA8', samples: 4 });
  // Drawn with the tones of a screen, into plain bytes; a target of any other kind is given light without them.
  Object.assign(target, { isXRRenderTarget: true });
  const { enabled } = renderer.xr;
  const before = renderer.getRenderTarget();
  const bytes = new Uint8Array(WIDTH * HEIGHT * 4);
  renderer.xr.enabled = false;
  renderer.setRenderTarget(target);
  renderer.render(scene, eye);
  renderer.readRenderTargetPixels(target, 0, 0, WIDTH, HEIGHT, bytes);
  renderer.setRenderTarget(before);
  renderer.xr.enabled = enabled;
  target.dispose();
  return pngOf(bytes);
}

/** Rows come from below; nothing shines through. */
function pngOf(bytes: Uint8Array): string {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [WIDTH, HEIGHT];
  const image = new ImageData(WIDTH, HEIGHT);
  for (let row = 0; row < HEIGHT; row++) image.data.set(bytes.subarray((HEIGHT - 1 - row) * WIDTH * 4, (HEIGHT - row) * WIDTH * 4), row * WIDTH * 4);
  for (let at = 3; at < image.data.length; at += 4) image.data[at] = 255;
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas.toDataURL('image/png');
}
