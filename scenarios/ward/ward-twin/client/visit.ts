/** Walking the ward with a headset: one goes from bed to bed, and the bed at which one stands says how it is. */
import { Matrix4, Raycaster, Vector3 } from 'three';
import { Emitter } from '../../../../client/core/emitter';
import { headOf } from '../../../../client/stage/head';
import { HandInput, handModels } from '../../../../client/xr/inputs';
import type { HandEvent } from '../../../../client/xr/inputs';
import { requestXr } from '../../../../client/xr/modes';
import { Panel } from '../../../../client/xr/panel';
import type { PanelContent } from '../../../../client/xr/panel';
import { Vignette } from '../../../../client/xr/vignette';
import { Walk } from '../../../../client/xr/walk';
import { bedPlaces, entrance } from './place';
import type { Visitor, WardStage } from './stage';

/** Nearer than this one stands at a bed. */
const AT_BED_m = 2.1;
/** Who goes to a bed by a button stands here, in the aisle, seen from the bed's middle. */
const BEFORE_BED_m = 1.75;
/** The panel hangs before the visitor, a little to the left and below the eyes. */
const PANEL = { ahead_m: 0.9, left_m: 0.44, below_m: 0.2 } as const;
const BEAM_m = 2.5;
const NIGHT_PAPER = 0.4;

export interface VisitEvents {
  /** Somebody came to a bed, or went away from all. */
  at: { readonly bed: string | undefined };
  press: { readonly id: string };
  ended: undefined;
}

export class WardVisit implements Visitor {
  readonly events = new Emitter<VisitEvents>();
  readonly panel = new Panel();
  readonly #stage: WardStage;
  readonly #session: XRSession;
  readonly #hands: HandInput[];
  readonly #walk: Walk;
  readonly #vignette: Vignette;
  #bed: string | undefined;
  /** The panel is brought before the visitor at the next frame. */
  #bring = true;

  private constructor(stage: WardStage, session: XRSession, content: PanelContent) {
    [this.#stage, this.#session] = [stage, session];
    const { rig, camera } = stage.rig;
    const models = handModels();
    this.#hands = [0, 1].map((i) => new HandInput(i, stage.renderer, rig, models, (hand, event) => this.#on(hand, event)));
    this.#walk = new Walk(rig, (x, z) => stage.free(x, z));
    this.#vignette = new Vignette(camera);
    this.#walk.onMoved = () => this.#moved();
    this.panel.content = content;
    this.panel.onPress = (id) => this.events.emit('press', { id });
    stage.scene.add(this.panel.mesh, this.#walk.mark);
    camera.position.set(0, 0, 0);
    camera.rotation.set(0, 0, 0);
    session.addEventListener('end', () => this.#ended(), { once: true });
  }

  /** Enters; must be called from a click. */
  static async enter(stage: WardStage, content: PanelContent): Promise<WardVisit> {
    const session = await requestXr('vr');
    const visit = new WardVisit(stage, session, content);
    const { xr } = stage.renderer;
    xr.enabled = true;
    xr.setReferenceSpaceType('local-floor');
    await xr.setSession(session);
    visit.toDoor();
    stage.enter(visit);
    return visit;
  }

  async exit(): Promise<void> {
    await this.#session.end();
  }

  /** Before the door, looking along the aisle. */
  toDoor(): void {
    this.#stand(new Vector3(...entrance(this.#stage.beds.size)), -Math.PI / 2);
  }

  /** Before a bed, looking at it. */
  toBed(bed: string): void {
    const at = bedPlaces(this.#stage.beds.size)[[...this.#stage.beds.keys()].indexOf(bed)];
    if (at) this.#stand(new Vector3(at[0], 0, at[2] - Math.sign(at[2]) * BEFORE_BED_m), at[2] < 0 ? 0 : Math.PI);
  }

  /** At night paper is not white. */
  set night(night: boolean) {
    this.panel.mesh.material.color.setScalar(night ? NIGHT_PAPER : 1);
  }

  /** Hands feel that somebody calls. */
  pulse(): void {
    for (const hand of this.#hands) hand.pulse(0.6, 120);
  }

  update(seconds: number): void {
    this.#vignette.update(seconds);
    const head = this.#head();
    let hovered: string | undefined;
    for (const hand of this.#hands) {
      if (!hand.tracked) continue;
      const { origin, direction } = hand.pointing;
      this.#walk.update(hand.name, hand.stick, origin, direction, head.position);
      const panel = this.panel.hit(origin, direction);
      hovered = panel?.button ?? hovered;
      hand.reach = panel?.distance ?? BEAM_m;
    }
    this.panel.hover(hovered);
    const near = this.#nearest(head.position);
    if (near !== this.#bed) {
      this.#bed = near;
      this.#bring = true;
      this.events.emit('at', { bed: near });
    }
    if (this.#bring) this.#bringPanel(head);
  }

  #head(): { position: Vector3; ahead: Vector3 } {
    const { position, rotation } = headOf(this.#stage.renderer.xr.getCamera());
    const ahead = new Vector3(0, 0, -1).applyQuaternion(rotation).setY(0);
    return { position, ahead: ahead.lengthSq() < 1e-6 ? new Vector3(0, 0, -1) : ahead.normalize() };
  }

  #nearest(at: Vector3): string | undefined {
    let [bed, least]: [string | undefined, number] = [undefined, AT_BED_m];
    for (const [id, { group }] of this.#stage.beds) {
      const far = Math.hypot(group.position.x - at.x, group.position.z - at.z);
      if (far < least) [bed, least] = [id, far];
    }
    return bed;
  }

  /** It stays where it was brought until somebody moves on: what is fixed to the head cannot be looked at. */
  #bringPanel({ position, ahead }: { position: Vector3; ahead: Vector3 }): void {
    // The first frame of a session knows no head yet.
    if (position.y < 0.3) return;
    this.#bring = false;
    const left = new Vector3(ahead.z, 0, -ahead.x);
    const { mesh } = this.panel;
    mesh.position.copy(position).addScaledVector(ahead, PANEL.ahead_m).addScaledVector(left, PANEL.left_m);
    mesh.position.y -= PANEL.below_m;
    // The panel's front is +z: it looks back at the eyes, leaning like a page in the hand.
    mesh.quaternion.setFromRotationMatrix(new Matrix4().lookAt(position, mesh.position, new Vector3(0, 1, 0)));
  }

  /** Brings the head, not the middle of the real room, to a place, facing `yaw`. */
  #stand(to: Vector3, yaw: number): void {
    const { rig } = this.#stage.rig;
    const local = rig.worldToLocal(this.#head().position);
    rig.rotation.set(0, yaw, 0);
    const away = local.setY(0).applyAxisAngle(new Vector3(0, 1, 0), yaw);
    rig.position.set(to.x - away.x, 0, to.z - away.z);
    rig.updateMatrixWorld(true);
    this.#moved();
  }

  #moved(): void {
    this.#vignette.pulse();
    this.#bring = true;
  }

  /** Trigger or pinch presses the panel; on a bed or its screen it brings one there. */
  #on(hand: HandInput, event: HandEvent): void {
    if (event !== 'select') return;
    const { origin, direction } = hand.pointing;
    const panel = this.panel.hit(origin, direction);
    if (panel) {
      if (panel.button === undefined) return;
      hand.pulse(0.4, 30);
      this.panel.press(panel.button);
      return;
    }
    const bed = this.#stage.bedOn(new Raycaster(origin, direction));
    if (bed !== undefined) this.toBed(bed);
  }

  #ended(): void {
    for (const hand of this.#hands) hand.dispose();
    this.#walk.dispose();
    this.#vignette.dispose();
    this.panel.dispose();
    this.#stage.renderer.xr.enabled = false;
    this.#stage.rig.rig.position.set(0, 0, 0);
    this.#stage.rig.rig.rotation.set(0, 0, 0);
    this.#stage.leave();
    this.events.emit('ended', undefined);
    this.events.clear();
  }
}
