import { Color, DoubleSide, FrontSide, type Material, MeshStandardMaterial, type Plane } from 'three';

/** How a structure is drawn if nobody said otherwise. */
export interface SurfaceStyle {
  readonly opacity: number;
  /** Glass-like: clear where seen head-on, dense at the edge. */
  readonly glass: boolean;
}

/** Shells through which one looks, by the surface's name; all else is solid. */
const GLASS: Readonly<Record<string, number>> = { lungs: 0.34, 'lung-left': 0.34, 'lung-right': 0.34, skin: 0.2 };

export function surfaceStyle(name: string): SurfaceStyle {
  const glass = GLASS[name];
  return glass === undefined ? { opacity: 1, glass: false } : { opacity: glass, glass: true };
}

/** A material for one surface; glass ones let the middle be seen through. */
export function surfaceMaterial(colour: string, style: SurfaceStyle, clips: readonly Plane[]): MeshStandardMaterial {
  const material = new MeshStandardMaterial({
    color: new Color(colour),
    roughness: style.glass ? 0.35 : 0.55,
    metalness: 0,
    side: style.glass ? FrontSide : DoubleSide,
    clippingPlanes: [...clips],
  });
  if (style.glass) material.onBeforeCompile = (shader) => {
    shader.fragmentShader = shader.fragmentShader.replace(
      '#include <opaque_fragment>',
      `float facing = abs(dot(normalize(vViewPosition), normal));
       diffuseColor.a *= mix(1.0, 0.16, smoothstep(0.0, 0.85, facing));
       #include <opaque_fragment>`,
    );
  };
  setOpacity(material, style, 1);
  return material;
}

/** `opacity` is what people chose, 0…1, on top of the style's own. */
export function setOpacity(material: Material, style: SurfaceStyle, opacity: number): void {
  const value = style.opacity * opacity;
  const transparent = style.glass || value < 0.995;
  material.opacity = value;
  if (material.transparent !== transparent) material.needsUpdate = true;
  material.transparent = transparent;
  material.depthWrite = !transparent;
}
