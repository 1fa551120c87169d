import { BackSide, CircleGeometry, Color, CylinderGeometry, DirectionalLight, GLSL3, Group, HemisphereLight, LatheGeometry, Mesh, MeshBasicMaterial, MeshStandardMaterial, PointLight, ShaderMaterial, TorusGeometry, Vector2 } from 'three';

/** Height of the table on which the hologram stands, and of the middle of what stands on it. */
export const TABLE_TOP_M = 0.86;
export const HOLOGRAM_HEIGHT_M = 1.36;

const ACCENT = new Color(0x58c4c8);

/** A calm, dark consulting room: floor, round wall, a low table of light. */
export class RoomScene {
  readonly group = new Group();
  readonly #backdrop = new Group();
  readonly #owned: { dispose(): void }[] = [];

  constructor() {
    this.#backdrop.name = 'backdrop';
    this.#backdrop.add(this.#floor(), this.#wall());
    this.group.add(this.#backdrop, this.#table(), ...this.#lights());
  }

  /** In augmented reality the real room takes the place of floor and wall. */
  set backdropVisible(visible: boolean) {
    this.#backdrop.visible = visible;
  }

  dispose(): void {
    for (const thing of this.#owned) thing.dispose();
  }

  #keep<T extends { dispose(): void }>(thing: T): T {
    this.#owned.push(thing);
    return thing;
  }

  #shaded(fragment: string, side?: typeof BackSide): ShaderMaterial {
    return this.#keep(
      new ShaderMaterial({
        glslVersion: GLSL3,
        ...(side === undefined ? {} : { side }),
        uniforms: { uAccent: { value: ACCENT.clone().convertLinearToSRGB() } },
        vertexShader: 'out vec3 vAt; void main() { vAt = position; gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0); }',
        fragmentShader: `precision highp float; uniform vec3 uAccent; in vec3 vAt; out vec4 outColor;
          float grain(vec2 p) { return fract(sin(dot(p, vec2(12.9898, 78.233))) * 43758.5453) - 0.5; }
          ${fragment}`,
      }),
    );
  }

  /** A pool of light under the table fades into the dark; two thin rings give the distance. */
  #floor(): Mesh {
    const material = this.#shaded(`
      void main() {
        float r = length(vAt.xy);
        vec3 base = mix(vec3(0.135, 0.168, 0.200), vec3(0.045, 0.058, 0.074), smoothstep(0.2, 4.2, r));
        base += uAccent * 0.10 * exp(-pow(r / 0.95, 2.0));
        float shadow = 1.0 - 0.62 * exp(-pow(max(r - 0.30, 0.0) / 0.16, 2.0));
        float width = fwidth(r) * 0.8;
        float rings = (1.0 - smoothstep(width, width * 2.2, abs(r - 1.25))) * 0.08 + (1.0 - smoothstep(width, width * 2.2, abs(r - 2.1))) * 0.04;
        outColor = vec4(base * shadow + uAccent * rings + grain(gl_FragCoord.xy) / 255.0, 1.0);
      }`);
    const floor = new Mesh(this.#keep(new CircleGeometry(6, 96)), material);
    floor.rotation.x = -Math.PI / 2;
    return floor;
  }

  /** Light from a cove near the ceiling falls down the round wall. */
  #wall(): Mesh {
    const material = this.#shaded(
      `
      void main() {
        float h = vAt.y / 4.0 + 0.5;
        float around = atan(vAt.x, -vAt.z);
        float wash = exp(-pow((h - 0.72) / 0.34, 2.0)) * (0.55 + 0.45 * exp(-pow(around / 1.1, 2.0)));
        vec3 base = mix(vec3(0.047, 0.060, 0.077), vec3(0.075, 0.096, 0.120), smoothstep(0.0, 0.5, h));
        base += vec3(0.075, 0.108, 0.128) * wash;
        float panel = abs(fract(around * 14.0 / 6.2831853 + 0.5) - 0.5) * 6.2831853 / 14.0;
        float width = max(fwidth(around), 0.0008);
        base *= 1.0 - 0.30 * (1.0 - smoothstep(0.004, 0.004 + width * 1.5, panel));
        float cove = smoothstep(0.865, 0.868, h) * (1.0 - smoothstep(0.872, 0.876, h));
        base += mix(vec3(0.55, 0.66, 0.70), uAccent, 0.4) * cove * 0.42 * (0.4 + 0.6 * exp(-pow(around / 1.4, 2.0)));
        base *= 1.0 - 0.75 * smoothstep(0.876, 1.0, h);
        outColor = vec4(base + grain(gl_FragCoord.xy) / 255.0, 1.0);
      }`,
      BackSide,
    );
    const wall = new Mesh(this.#keep(new CylinderGeometry(6, 6, 4, 96, 1, true)), material);
    wall.position.y = 2;
    return wall;
  }

  #table(): Group {
    const group = new Group();
    const profile = [[0.001, 0], [0.3, 0], [0.31, 0.02], [0.2, 0.07], [0.15, 0.3], [0.17, 0.62], [0.36, 0.79], [0.44, 0.815], [0.455, 0.835], [0.45, TABLE_TOP_M - 0.006], [0.44, TABLE_TOP_M], [0.001, TABLE_TOP_M]];
    const body = new Mesh(
      this.#keep(new LatheGeometry(profile.map(([x, y]) => new Vector2(x, y)), 96)),
      this.#keep(new MeshStandardMaterial({ color: 0x1b232c, roughness: 0.42, metalness: 0.55 })),
    );
    const rim = new Mesh(
      this.#keep(new TorusGeometry(0.432, 0.0035, 10, 128)),
      this.#keep(new MeshBasicMaterial({ color: ACCENT })),
    );
    rim.rotation.x = Math.PI / 2;
    rim.position.y = TABLE_TOP_M + 0.002;
    const top = new Mesh(
      this.#keep(new CircleGeometry(0.425, 96)),
      this.#shaded(`
        void main() {
          float r = length(vAt.xy) / 0.425;
          vec3 base = mix(vec3(0.095, 0.155, 0.175), vec3(0.045, 0.064, 0.080), smoothstep(0.0, 1.0, r));
          base += uAccent * 0.16 * exp(-pow(r / 0.5, 2.0)) + uAccent * 0.14 * smoothstep(0.9, 1.0, r);
          outColor = vec4(base + grain(gl_FragCoord.xy) / 255.0, 1.0);
        }`),
    );
    top.rotation.x = -Math.PI / 2;
    top.position.y = TABLE_TOP_M + 0.001;
    group.add(body, top, rim);
    return group;
  }

  #lights(): (HemisphereLight | DirectionalLight | PointLight)[] {
    const sky = new HemisphereLight(0xcfe3ea, 0x20262c, 0.9);
    const key = new DirectionalLight(0xfff1e0, 2.1);
    key.position.set(1.6, 3.2, 2.4);
    const back = new DirectionalLight(0x9fd3e0, 1.1);
    back.position.set(-2.2, 2.4, -2.6);
    const glow = new PointLight(ACCENT, 0.5, 2.2, 2);
    glow.position.set(0, TABLE_TOP_M + 0.12, 0);
    return [sky, key, back, glow];
  }
}
