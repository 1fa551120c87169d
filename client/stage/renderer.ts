import { NoToneMapping, SRGBColorSpace, WebGLRenderer } from 'three';

/** Whether this browser can draw the stage at all. */
export function hasWebGl2(): boolean {
  try {
    const gl = document.createElement('canvas').getContext('webgl2');
    gl?.getExtension('WEBGL_lose_context')?.loseContext();
    return gl !== null;
  } catch {
    return false;
  }
}

/** Finer than this costs more than the eye gains. */
const MAX_PIXEL_RATIO = 1.75;

export function createRenderer(canvas: HTMLCanvasElement): WebGLRenderer {
  const renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true, powerPreference: 'high-performance' });
  renderer.outputColorSpace = SRGBColorSpace;
  renderer.toneMapping = NoToneMapping;
  renderer.localClippingEnabled = true;
  renderer.info.autoReset = false;
  renderer.setPixelRatio(Math.min(devicePixelRatio, MAX_PIXEL_RATIO));
  return renderer;
}
