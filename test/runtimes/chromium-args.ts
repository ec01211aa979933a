/** With what Chromium is started wherever something runs in it: by itself it asks nobody for anything. */
export const chromiumArgs: readonly string[] = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // The sandbox of Chromium refuses to run as root.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];
