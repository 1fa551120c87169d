/** A shared screen or a camera in the room itself, for whoever wears a headset: on a stand beside the table, turned to them. */
import { CylinderGeometry, Group, Mesh, MeshBasicMaterial, MeshStandardMaterial, PlaneGeometry, SRGBColorSpace, type Vector3, VideoTexture } from 'three';

export interface ShownVideo {
  readonly video: HTMLVideoElement;
  /** A screen is there to be read, and so is large. */
  readonly isScreen: boolean;
}

/** Between two places at the table, its lower edge above the heads of those who have them. */
const [X_M, LOWEST_M, Z_M] = [1.31, 1.68, 0.18];
const [SCREEN_M, CAMERA_M] = [1.3, 0.7];
/** An upright picture, as of a phone, is no higher than this. */
const HIGHEST_M = 0.8;

export class PictureStand {
  readonly group = new Group();
  readonly #video: HTMLVideoElement;
  readonly #widest_m: number;
  readonly #texture: VideoTexture;
  readonly #picture: Mesh<PlaneGeometry, MeshBasicMaterial>;
  readonly #post: Mesh<CylinderGeometry, MeshStandardMaterial>;

  constructor({ video, isScreen }: ShownVideo) {
    this.#video = video;
    this.#widest_m = isScreen ? SCREEN_M : CAMERA_M;
    this.#texture = new VideoTexture(video);
    this.#texture.colorSpace = SRGBColorSpace;
    this.#picture = new Mesh(new PlaneGeometry(1, 1), new MeshBasicMaterial({ map: this.#texture, toneMapped: false }));
    this.#picture.name = 'shown picture';
    // Nothing is drawn of a picture whose first frame has not come.
    this.#picture.visible = false;
    this.#post = new Mesh(new CylinderGeometry(0.012, 0.02, LOWEST_M, 12), new MeshStandardMaterial({ color: 0x4c5a61, roughness: 0.6 }));
    this.#post.position.y = LOWEST_M / 2;
    this.group.position.set(X_M, 0, Z_M);
    this.group.add(this.#picture, this.#post);
  }

  /** Turns it to an eye, in the shape that its picture has now: a shared window changes its own. */
  face(eye: Vector3): void {
    const { videoWidth, videoHeight } = this.#video;
    this.group.rotation.y = Math.atan2(eye.x - X_M, eye.z - Z_M);
    this.#picture.visible = videoWidth > 0 && videoHeight > 0;
    if (!this.#picture.visible) return;
    const width = Math.min(this.#widest_m, (HIGHEST_M * videoWidth) / videoHeight);
    const height = (width * videoHeight) / videoWidth;
    this.#picture.scale.set(width, height, 1);
    this.#picture.position.y = LOWEST_M + height / 2;
  }

  dispose(): void {
    this.group.removeFromParent();
    for (const { geometry, material } of [this.#picture, this.#post]) {
      geometry.dispose();
      material.dispose();
    }
    this.#texture.dispose();
  }
}
