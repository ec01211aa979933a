import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { openCloud } from './cloud.ts';
import { JobPage } from './job-page.tsx';
import { JobsPage } from './jobs-page.tsx';
import { NotSignedInError, Session } from './session.ts';
import { SignIn } from './sign-in.tsx';

/** The whole page: who is signed in, and what the address names. */
export function App(): JSX.Element {
  const session = useMemo(() => new Session(), []);
  const [isOffline, setOffline] = useState(!navigator.onLine);
  const [isKnown, setKnown] = useState<boolean>();
  const [hash, setHash] = useState(location.hash);
  const cloud = useMemo(() => openCloud(session, setOffline), [session]);

  useEffect(() => {
    const moved = (): void => setHash(location.hash);
    const lost = (): void => setOffline(true);
    addEventListener('hashchange', moved);
    addEventListener('offline', lost);
    session.token().then(
      () => setKnown(true),
      // Without a network the page shows what it kept for whoever was signed in.
      (error) => setKnown(!(error instanceof NotSignedInError) && session.projects.length > 0),
    );
    return () => {
      removeEventListener('hashchange', moved);
      removeEventListener('offline', lost);
    };
  }, [session]);

  const signOut = async (): Promise<void> => {
    // What the page keeps is gone before it shows that nobody is signed in.
    await Promise.allSettled([session.signOut(), cloud.forget()]);
    setKnown(false);
  };
  const [, key] = /^#\/job\/(\d+\/\d+\/\d+)$/.exec(hash) ?? [];
  return (
    <>
      <div class="bar">
        <header>
          <a class="home" href="#/">
            <Mark />
            Jobs
          </a>
          <span role="status">{isOffline ? 'Offline: this is what was kept' : ''}</span>
          {isKnown && (
            <button type="button" class="plain" onClick={signOut}>
              Sign out
            </button>
          )}
        </header>
      </div>
      <main>
        {isKnown === false && <SignIn session={session} onDone={() => setKnown(true)} />}
        {isKnown && key && <JobPage key={key} name={key} {...cloud} />}
        {isKnown && !key && <JobsPage projects={session.projects} {...cloud} />}
      </main>
    </>
  );
}

/** Two waves. */
function Mark(): JSX.Element {
  return (
    <svg
      viewBox="0 0 28 28"
      fill="none"
      stroke="currentColor"
      stroke-width="3"
      stroke-linecap="round"
      aria-hidden="true"
    >
      <path d="M3 11c3.7-5 7.3-5 11 0s7.3 5 11 0" />
      <path d="M3 19c3.7-5 7.3-5 11 0s7.3 5 11 0" opacity="0.5" />
    </svg>
  );
}
