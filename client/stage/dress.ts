/** Clothes in the colour that somebody wears: what covers the upper body takes it, skin, hair, trousers and shoes stay. */
import type { Color, Material } from 'three';
import type { Dress } from '../core/figures';

/** Skin is warmer than any cloth: how much blue there is to the red, in linear light, where cloth begins; and where white coats end. */
const CLOTH: Readonly<Record<Dress, readonly [begins: number, white: number]>> = { medical: [0.8, 1.5], plain: [0.37, 0] };

/** All figures have one layout: where on the picture the upper body, the sleeves and the collars lie, as left, top, right, bottom. */
const PLACES = [[0.615, 0.46, 1, 1], [0.62, 0.17, 0.79, 0.4], [0, 0.77, 0.27, 1], [0.08, 0.41, 0.31, 0.56], [0.36, 0.41, 0.53, 0.48]] as const;

const vec4 = (numbers: readonly number[]): string => `vec4(${numbers.map((n) => n.toFixed(4)).join(', ')})`;
const DYED = `#include <map_fragment>
  vec4 places[${PLACES.length}] = vec4[](${PLACES.map(vec4).join(', ')});
  float covered = 0.0;
  for (int i = 0; i < ${PLACES.length}; i++) covered = max(covered, step(places[i].x, vMapUv.x) * step(places[i].y, vMapUv.y) * step(vMapUv.x, places[i].z) * step(vMapUv.y, places[i].w));
  float blue = diffuseColor.b / max(diffuseColor.r, 0.001);
  covered *= smoothstep(uCloth.x, uCloth.x * 1.15, blue);
  // Folds stay: cloth is as light or dark to the colour as it was to its own. White coats keep some of their white.
  float white = 1.0 - step(uCloth.y, blue);
  float light = dot(diffuseColor.rgb, vec3(0.2126, 0.7152, 0.0722)) / mix(0.2, 0.85, white);
  diffuseColor.rgb = mix(diffuseColor.rgb, uWorn * min(light, 1.6), covered * mix(1.0, 0.7, white));`;

/** One's own copy of a material, whose cloth has the colour until it is set to another. */
export function dyed<T extends Material>(shared: T, dress: Dress, colour: Color): T {
  const own = shared.clone();
  own.onBeforeCompile = (shader) => {
    shader.uniforms['uWorn'] = { value: colour };
    shader.uniforms['uCloth'] = { value: CLOTH[dress] };
    shader.fragmentShader = `uniform vec3 uWorn; uniform vec2 uCloth;\n${shader.fragmentShader.replace('#include <map_fragment>', DYED)}`;
  };
  own.customProgramCacheKey = () => 'dyed';
  return own;
}
