import { render } from 'preact';
import { App } from './app.tsx';
import './style.css';
import './jobs.css';
import './job.css';

const root = document.getElementById('app');
if (root) render(<App />, root);
// Without it (a page that is not secure) everything works but the start without a network.
if (import.meta.env.PROD) navigator.serviceWorker?.register('/sw.js').catch(() => {});
