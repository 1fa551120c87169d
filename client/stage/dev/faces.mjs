// Makes the small pictures by which people choose a figure: `node client/stage/dev/faces.mjs` from the repository's root.
import { readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { createServer } from 'vite';

const SIZE = 96;
const people = fileURLToPath(new URL('../../public/people/', import.meta.url));
const names = readdirSync(people).filter((name) => name.endsWith('.gltf')).map((name) => name.slice(0, -'.gltf'.length));

const server = await createServer({ configFile: fileURLToPath(new URL('../../vite.config.ts', import.meta.url)), server: { port: 0 }, optimizeDeps: { noDiscovery: true }, logLevel: 'error' });
await server.listen();
const browser = await chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ['--enable-unsafe-swiftshader', '--no-sandbox'] });
try {
  const page = await browser.newPage();
  // Any page of the same origin will do.
  await page.goto(new URL('/people/LICENSE.md', server.resolvedUrls.local[0]).href);
  for (const name of names) {
    const url = await page.evaluate(
      async ([figure, size]) => {
        const three = await import('/@id/three');
        const { Figures } = await import('/stage/figures.ts');
        const model = await new Figures().load(figure);
        const scene = new three.Scene();
        scene.background = new three.Color(0xdfeaec);
        const key = new three.DirectionalLight(0xffffff, 2.2);
        key.position.set(0.6, 2.2, 2);
        scene.add(model, new three.HemisphereLight(0xffffff, 0x8899aa, 1.4), key);
        model.updateMatrixWorld(true);
        const eyes = model.getObjectByName('LeftEye').getWorldPosition(new three.Vector3()).setX(0);
        const camera = new three.PerspectiveCamera(14, 1, 0.1, 10);
        camera.position.set(0.12, eyes.y + 0.02, eyes.z + 1.25);
        camera.lookAt(0, eyes.y - 0.02, eyes.z - 0.05);
        // Drawn four times as large: smaller pictures of it have no jagged edges.
        const renderer = new three.WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
        renderer.setSize(size * 4, size * 4);
        await renderer.compileAsync(scene, camera);
        renderer.render(scene, camera);
        const small = Object.assign(document.createElement('canvas'), { width: size, height: size });
        const context = small.getContext('2d');
        context.imageSmoothingQuality = 'high';
        context.drawImage(renderer.domElement, 0, 0, size, size);
        renderer.dispose();
        return small.toDataURL('image/webp', 0.85);
      },
      [name, SIZE],
    );
    writeFileSync(`${people}${name}.face.webp`, Buffer.from(url.split(',')[1], 'base64'));
  }
} finally {
  await browser.close();
  await server.close();
}
