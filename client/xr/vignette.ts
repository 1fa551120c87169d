import { DoubleSide, Mesh, type Object3D, RingGeometry, ShaderMaterial } from 'three';

const SHOWN_s = 0.32;
const DARKEST = 0.92;
/** Far enough that both eyes see it about alike, wherever in the room they look. */
const AWAY_M = 3;
/** Its radii are said as they are at this distance. */
const MADE_AT_M = 0.3;

/**
 * Narrows the view for a moment when somebody is brought elsewhere or turned: what would make them sick is seen by
 * the corner of the eye.
 */
export class Vignette {
  readonly mesh: Mesh<RingGeometry, ShaderMaterial>;
  #left_s = 0;

  constructor(before: Object3D) {
    const material = new ShaderMaterial({
      transparent: true,
      depthTest: false,
      depthWrite: false,
      side: DoubleSide,
      uniforms: { uDark: { value: 0 } },
      vertexShader: 'varying float vOut; void main() { vOut = length(position.xy); gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0); }',
      fragmentShader: 'precision highp float; uniform float uDark; varying float vOut; void main() { gl_FragColor = vec4(0.0, 0.0, 0.0, uDark * smoothstep(0.12, 0.26, vOut)); }',
    });
    this.mesh = new Mesh(new RingGeometry(0.12, 1.2, 48, 6), material);
    this.mesh.position.z = -AWAY_M;
    this.mesh.scale.setScalar(AWAY_M / MADE_AT_M);
    this.mesh.renderOrder = 100;
    this.mesh.frustumCulled = false;
    this.mesh.visible = false;
    this.mesh.name = 'vignette';
    before.add(this.mesh);
  }

  /** Somebody was moved just now. */
  pulse(): void {
    this.#left_s = SHOWN_s;
  }

  update(seconds: number): void {
    this.#left_s = Math.max(0, this.#left_s - seconds);
    this.mesh.visible = this.#left_s > 0;
    const dark = this.mesh.material.uniforms['uDark'];
    if (dark) dark.value = DARKEST * (this.#left_s / SHOWN_s);
  }

  dispose(): void {
    this.mesh.removeFromParent();
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }
}
