import type { JSX, TargetedSubmitEvent } from 'preact';
import { useState } from 'preact/hooks';
import { Problem } from './problem.tsx';
import type { Session } from './session.ts';

interface Props {
  readonly session: Session;
  readonly onDone: () => void;
}

/** Asks for the password. */
export function SignIn({ onDone, session }: Props): JSX.Element {
  const [error, setError] = useState<unknown>();
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget).get('password'));
    try {
      await session.signIn(password);
      onDone();
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <form class="card sign-in" onSubmit={submit}>
      <h1>Sign in</h1>
      {/* Password managers want to know whose it is. */}
      <input type="text" name="user" autocomplete="username" value="dashboard" readOnly hidden />
      <label>
        Password
        <input name="password" type="password" autocomplete="current-password" required />
      </label>
      <button type="submit" class="primary">
        Sign in
      </button>
      <Problem error={error} />
    </form>
  );
}
