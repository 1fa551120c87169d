import { DoubleSide, Mesh, MeshBasicMaterial, RingGeometry, type Vector3 } from 'three';

const SEGMENTS = 48;

/** The ring where one looks: it closes as the time passes after which something is chosen. */
export class GazeRing {
  readonly mesh = new Mesh(new RingGeometry(0.011, 0.016, SEGMENTS, 1, Math.PI / 2, -Math.PI * 2), new MeshBasicMaterial({ color: 0xffffff, depthTest: false, transparent: true, side: DoubleSide }));

  constructor() {
    this.mesh.renderOrder = 45;
    this.mesh.name = 'gaze';
    this.mesh.visible = false;
  }

  /** Shows so much of the ring at a place, turned to the eye; nothing where nothing is looked at. */
  show(at: Vector3 | undefined, share: number, eye?: Vector3): void {
    this.mesh.visible = at !== undefined && share > 0;
    if (!at || !eye) return;
    this.mesh.position.copy(at).lerp(eye, 0.02);
    this.mesh.lookAt(eye);
    // Two triangles for each part of the ring.
    this.mesh.geometry.setDrawRange(0, Math.ceil(share * SEGMENTS) * 6);
  }

  dispose(): void {
    this.mesh.removeFromParent();
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }
}
