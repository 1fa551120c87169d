import { render } from 'solid-js/web';

const root = document.getElementById('app');
if (root) render(() => <h1>元医 Yuanyi</h1>, root);
