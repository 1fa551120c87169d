/** The client starts here. */
import { render } from 'solid-js/web';
import { AppProvider } from './core/app';
import { keepClient } from './core/offline/start';
import { Shell } from './core/shell';
import './styles/tokens.css';
import './styles/base.css';
import './styles/parts.css';
import './styles/pages.css';

keepClient();
const root = document.getElementById('app');
if (!root) throw new Error('index.html has no #app');
render(
  () => (
    <AppProvider>
      <Shell />
    </AppProvider>
  ),
  root,
);
