/** Rays are followed in the unit cube of the volume's texture; lengths are taken in millimetres. */
export const volumeVertex = /* glsl */ `
out vec3 vUnit;
out vec3 vView;
void main() {
  vUnit = position;
  vec4 view = modelViewMatrix * vec4(position, 1.0);
  vView = view.xyz;
  gl_Position = projectionMatrix * view;
}`;

export const volumeFragment = /* glsl */ `
precision highp float;
precision highp sampler3D;
uniform sampler3D uVolume;
uniform vec3 uVolumeScale; // from the unit cube to the texture, which may reach beyond the volume
uniform sampler3D uCells;
uniform sampler3D uBody;
uniform sampler2D uTable;
uniform sampler2D uDepth;
uniform vec3 uVoxels;      // voxels along each axis of the volume
uniform vec3 uCellCount;   // cells of 8 voxels, the last one partial
uniform vec3 uExtentMm;
uniform vec3 uGradientStep; // in the unit cube
uniform float uStepMm;
uniform float uSkin;       // 1 shows all, 0 the body without skin and couch
uniform float uDensity;    // hologram opacity
uniform vec3 uBodyScale;   // the mask may reach beyond the volume
uniform vec4 uClip;        // in unit space: dot(xyz, p) <= w is kept; zero for none
uniform vec4 uCrop[6];     // the same, for the sides of a box
uniform vec2 uWindow;      // low HU, width
uniform vec2 uDepthRange;  // camera near and far
uniform vec2 uPixels;      // of the target, zero without a depth picture
uniform float uTime;
uniform mat4 unitFromView;
in vec3 vUnit;
in vec3 vView;
out vec4 outColor;

float hu(vec3 p) { return texture(uVolume, p * uVolumeScale).r + 1024.0; }
float rank(float h) { return (h + 1024.0) / 4096.0; }
float noise(vec2 p) { return fract(52.9829189 * fract(dot(p, vec2(0.06711056, 0.00583715)))); }

// The next face of this cell along the ray.
float cellExit(vec3 p, vec3 inverse, vec3 sign01) {
  vec3 cell = floor(p * uVoxels / 8.0) + sign01;
  vec3 t = (cell * 8.0 / uVoxels - p) * inverse;
  return min(min(t.x, t.y), t.z);
}

vec3 gradient(vec3 p) {
  vec3 d = uGradientStep;
  vec3 g = vec3(
    hu(p + vec3(d.x, 0, 0)) - hu(p - vec3(d.x, 0, 0)),
    hu(p + vec3(0, d.y, 0)) - hu(p - vec3(0, d.y, 0)),
    hu(p + vec3(0, 0, d.z)) - hu(p - vec3(0, 0, d.z)));
  return g / (2.0 * d * uExtentMm);
}

void cutBy(vec4 plane, vec3 eye, vec3 way, inout float near, inout float far, inout bool cut) {
  if (plane.xyz == vec3(0.0)) return;
  float side = dot(plane.xyz, way);
  float t = (plane.w - dot(plane.xyz, eye)) / (abs(side) < 1e-7 ? 1e-7 : side);
  if (side < 0.0) { if (t > near) { near = t; cut = true; } }
  else far = min(far, t);
}

void main() {
  vec3 eye = (unitFromView * vec4(0, 0, 0, 1)).xyz;
  vec3 way = vUnit - eye;
  vec3 inverse = 1.0 / (way + vec3(equal(way, vec3(0.0))) * 1e-6);
  vec3 t0 = (0.0 - eye) * inverse;
  vec3 t1 = (1.0 - eye) * inverse;
  vec3 low = min(t0, t1);
  vec3 high = max(t0, t1);
  float near = max(max(low.x, low.y), max(low.z, uDepthRange.x / -vView.z));
  float far = min(min(high.x, high.y), high.z);
  bool cut = false;

  // Cutting planes shorten the ray; where the ray enters through one, the cut face shows the slice.
  cutBy(uClip, eye, way, near, far, cut);
  for (int i = 0; i < 6; i++) cutBy(uCrop[i], eye, way, near, far, cut);

  // Solid things inside the hologram end the ray.
  if (uPixels.x > 0.0) {
    float depth = texture(uDepth, gl_FragCoord.xy / uPixels).r;
    float z = uDepthRange.x * uDepthRange.y / (uDepthRange.y - depth * (uDepthRange.y - uDepthRange.x));
    if (depth < 1.0) far = min(far, z / -vView.z);
  }
  if (near >= far) discard;

  float mm = length(way * uExtentMm);
  float dt = uStepMm / mm;
  vec3 sign01 = step(0.0, way);
  vec3 viewMm = -normalize(way * uExtentMm);
  vec3 light = normalize(viewMm + vec3(0.25, -0.35, 0.55));
  vec4 sum = vec4(0.0);

  if (cut) {
    vec3 p = eye + way * near;
    float body = mix(texture(uBody, p * uBodyScale).r, 1.0, uSkin);
    float h = hu(p);
    float grey = clamp((h - uWindow.x) / uWindow.y, 0.0, 1.0);
    float a = smoothstep(0.3, 0.6, body) * 0.96;
    sum = vec4(vec3(grey) * vec3(0.97, 0.985, 1.0) * a, a);
  }

  float t = near + dt * noise(gl_FragCoord.xy + uTime);
  for (int i = 0; i < 1200; i++) {
    if (t > far || sum.a > 0.985) break;
    vec3 p = eye + way * t;
    vec3 cell = (floor(p * uVoxels / 8.0) + 0.5) / uCellCount;
    if (texture(uCells, cell).r < 0.5) {
      float jump = max(cellExit(p, inverse, sign01), 0.0) + 1e-5;
      t += ceil(jump / dt) * dt;
      continue;
    }
    float h = hu(p);
    vec4 c = texture(uTable, vec2(rank(h), 0.5));
    if (c.a > 0.002) {
      float body = mix(smoothstep(0.35, 0.75, texture(uBody, p * uBodyScale).r), 1.0, uSkin);
      float a = c.a * body * uDensity;
      if (a > 0.002) {
        vec3 g = gradient(p);
        float size = length(g);
        vec3 n = size > 1e-4 ? -g / size : viewMm;
        float facing = abs(dot(n, viewMm));
        float edge = smoothstep(4.0, 90.0, size);
        // Flat regions are half as dense as boundaries: what is seen are surfaces.
        a *= mix(0.45, 1.25, edge);
        float lit = abs(dot(n, light));
        float shine = pow(max(dot(reflect(-light, n), viewMm), 0.0), 24.0) * edge;
        float shade = mix(0.86, 0.30 + 0.78 * lit, edge);
        float rim = pow(1.0 - facing, 3.0) * edge;
        vec3 rgb = c.rgb * shade + vec3(0.22) * shine + vec3(0.10, 0.22, 0.27) * rim * 0.6;
        a = 1.0 - pow(1.0 - clamp(a, 0.0, 0.999), uStepMm);
        sum += (1.0 - sum.a) * vec4(rgb * a, a);
      }
    }
    t += dt;
  }
  if (sum.a < 0.003) discard;
  outColor = sum;
}`;

/** Lays the finished picture of the hologram over the room, at the place of its box. */
export const compositeVertex = /* glsl */ `
void main() { gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0); }`;

export const compositeFragment = /* glsl */ `
precision highp float;
uniform sampler2D uPicture;
uniform vec2 uScreen;
out vec4 outColor;
void main() {
  vec4 c = texture(uPicture, gl_FragCoord.xy / uScreen);
  if (c.a < 0.003) discard;
  outColor = c;
}`;
