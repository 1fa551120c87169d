import { NoToneMapping, SRGBColorSpace, WebGLRenderer } from 'three';

export interface Graphics {
  /** Drawn by the processor: every pixel is dear. */
  readonly software: boolean;
  /** The longest edge that a 3D texture may have, in texels; many phones take no more than 256. */
  readonly longest3d: number;
}

/** What this browser can draw with; undefined without WebGL 2. */
export function graphics(): Graphics | undefined {
  try {
    const gl = document.createElement('canvas').getContext('webgl2');
    if (!gl) return undefined;
    const named = gl.getExtension('WEBGL_debug_renderer_info');
    const renderer = String(gl.getParameter(named ? named.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
    const longest3d = Number(gl.getParameter(gl.MAX_3D_TEXTURE_SIZE));
    gl.getExtension('WEBGL_lose_context')?.loseContext();
    return { longest3d, software: /swiftshader|llvmpipe|software|basic render/i.test(renderer) };
  } catch {
    return undefined;
  }
}

/** Finer than this costs more than the eye gains. */
const MAX_PIXEL_RATIO = 1.75;

export function createRenderer(canvas: HTMLCanvasElement, { software }: Graphics): WebGLRenderer {
  const renderer = new WebGLRenderer({ canvas, antialias: !software, alpha: true, powerPreference: 'high-performance' });
  renderer.outputColorSpace = SRGBColorSpace;
  renderer.toneMapping = NoToneMapping;
  renderer.localClippingEnabled = true;
  renderer.info.autoReset = false;
  renderer.setPixelRatio(software ? 1 : Math.min(devicePixelRatio, MAX_PIXEL_RATIO));
  return renderer;
}
