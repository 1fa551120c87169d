/** A flat thing in a room that is painted on a canvas: a board, a page. */
import { CanvasTexture, DoubleSide, LinearFilter, Mesh, MeshBasicMaterial, SRGBColorSpace, type PlaneGeometry } from 'three';

export interface PaintedPlane {
  readonly mesh: Mesh<PlaneGeometry, MeshBasicMaterial>;
  readonly context: CanvasRenderingContext2D;
  readonly texture: CanvasTexture;
}

/** Nothing, where the browser paints on no canvas. */
export function paintedPlane(name: string, shape: PlaneGeometry, size_px: { readonly width: number; readonly height: number }): PaintedPlane | undefined {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [size_px.width, size_px.height];
  const context = canvas.getContext('2d');
  if (!context) return undefined;
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = SRGBColorSpace;
  texture.minFilter = LinearFilter;
  texture.generateMipmaps = false;
  const mesh = new Mesh(shape, new MeshBasicMaterial({ map: texture, side: DoubleSide }));
  mesh.name = name;
  return { mesh, context, texture };
}
