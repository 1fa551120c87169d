import { BufferAttribute, BufferGeometry, type Color, type Vector3 } from 'three';

/** How a place's light is brought into what a screen can show: dark parts grow lighter, bright ones keep their colour. */
const EXPOSURE = 1.9;

/** What a screen shows of a lit surface. */
export function exposed(lit: Color): Color {
  return lit.setRGB(...([lit.r, lit.g, lit.b].map((c) => 1 - Math.exp(-EXPOSURE * c)) as [number, number, number]));
}

/** Gathers triangles with colours at their corners, so that all of a place is one mesh. */
export class Corners {
  readonly #positions: number[] = [];
  readonly #colours: number[] = [];
  readonly #uvs: number[] = [];
  readonly #indices: number[] = [];

  get count(): number {
    return this.#positions.length / 3;
  }

  get triangles(): number {
    return this.#indices.length / 3;
  }

  corner(at: Vector3, colour: Color, opacity = 1, uv: readonly [number, number] = [0, 0]): number {
    this.#positions.push(at.x, at.y, at.z);
    this.#colours.push(colour.r, colour.g, colour.b, opacity);
    this.#uvs.push(...uv);
    return this.count - 1;
  }

  triangle(a: number, b: number, c: number): void {
    this.#indices.push(a, b, c);
  }

  geometry(): BufferGeometry {
    const geometry = new BufferGeometry();
    geometry.setAttribute('position', new BufferAttribute(new Float32Array(this.#positions), 3));
    geometry.setAttribute('color', new BufferAttribute(new Float32Array(this.#colours), 4));
    geometry.setAttribute('uv', new BufferAttribute(new Float32Array(this.#uvs), 2));
    geometry.setIndex(new BufferAttribute(new Uint32Array(this.#indices), 1));
    return geometry;
  }
}
