/** What every page is given: the server, who is signed in, the language, and ways to speak up. */
import { createContext, createEffect, createSignal, onCleanup, useContext } from 'solid-js';
import type { Accessor, JSX } from 'solid-js';
import { createAnnouncer } from './announcer';
import { ApiError, createApi } from './api';
import type { Api } from './api';
import { openEvents } from './events';
import type { EventLine, LineState, ServerEvent } from './events';
import type { Language } from './language';
import { detailIn, preferredLanguage } from './language';
import { forgetAccount, lockAccount, rememberAccount, rememberedAccount } from './offline/vault';
import type { Me } from './scenario-panel';
import { createToasts } from './toasts';
import type { Toasts } from './toasts';
import { translate } from '../words/words';
import type { Key, Params } from '../words/words';

/** Who is signed in: not known yet, nobody, somebody, or the server does not answer. */
export type SessionState = 'unknown' | 'signed-out' | 'signed-in' | 'unreachable';

export interface App extends Toasts {
  readonly api: Api;
  readonly session: Accessor<SessionState>;
  readonly me: Accessor<Me | undefined>;
  readonly line: Accessor<LineState>;
  readonly language: Accessor<Language>;
  readonly t: (key: Key, params?: Params) => string;
  setLanguage(language: Language): void;
  restore(): Promise<void>;
  signIn(user: string, password: string): Promise<void>;
  signOut(): Promise<void>;
  /** Calls `listener` for each event of the server while the caller lives. */
  onServerEvent(listener: (event: ServerEvent) => void): void;
  /** Says something to those who listen to the page; what is shown by `toast` says itself. */
  announce(text: string): void;
  readonly announced: Accessor<string>;
  /** A refusal in words for people. */
  explain(error: unknown): string;
}

const LANGUAGE_KEY = 'yuanyi.language';
/** Somebody signed out without a line: the server has yet to hear of it. */
const LEAVING_KEY = 'yuanyi.leaving';
const Context = createContext<App>();

function firstLanguage(): Language {
  const kept = localStorage.getItem(LANGUAGE_KEY);
  return kept === 'zh' || kept === 'en' ? kept : preferredLanguage(navigator.languages);
}

function createApp(): App {
  const [session, setSession] = createSignal<SessionState>('unknown');
  const [me, setMe] = createSignal<Me>();
  const [line, setLine] = createSignal<LineState>('connecting');
  const [language, setLanguage] = createSignal(firstLanguage());
  const { announced, announce } = createAnnouncer();
  const messages = createToasts(announce);
  const listeners = new Set<(event: ServerEvent) => void>();

  const leave = (): void => {
    setMe(undefined);
    setSession('signed-out');
  };
  const arrive = (who: Me): void => {
    setMe(who);
    setSession('signed-in');
  };
  /** What is kept on the device is a help: where the browser refuses, everything else goes on. */
  const onDevice = async <T,>(act: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await act();
    } catch {
      return undefined;
    }
  };
  /** The server has ended the session: nobody goes on here without signing in. */
  const ended = (): void => {
    const who = me();
    leave();
    void onDevice(async () => {
      const account = who ?? (await rememberedAccount());
      if (account) await lockAccount(account.id);
    });
  };
  const api = createApi(ended);
  const t = (key: Key, params?: Params): string => translate(language(), key, params);

  createEffect(() => {
    document.documentElement.lang = language() === 'zh' ? 'zh-CN' : 'en';
    localStorage.setItem(LANGUAGE_KEY, language());
  });
  let events: EventLine | undefined;
  createEffect(() => {
    if (session() !== 'signed-in') return;
    events = openEvents(setLine);
    events.listen((event) => {
      for (const listener of listeners) listener(event);
    });
    onCleanup(() => events?.close());
  });

  return {
    api,
    session,
    me,
    line,
    language,
    t,
    setLanguage,
    announced,
    announce,
    ...messages,
    async restore() {
      setSession('unknown');
      try {
        if (localStorage.getItem(LEAVING_KEY) !== null) {
          await api.delete('/api/session');
          localStorage.removeItem(LEAVING_KEY);
        }
        const who = await api.get<Me>('/api/session');
        await onDevice(() => rememberAccount(who));
        arrive(who);
      } catch (error) {
        if (error instanceof ApiError && error.kind === 'signed-out') {
          localStorage.removeItem(LEAVING_KEY);
          return;
        }
        // Without a line, who has signed in here goes on with what is kept on the device.
        const who = await onDevice(() => rememberedAccount());
        if (who) arrive(who);
        else setSession('unreachable');
      }
    },
    async signIn(user, password) {
      const who = await api.post<Me>('/api/session', { user, password });
      localStorage.removeItem(LEAVING_KEY);
      await onDevice(() => rememberAccount(who));
      arrive(who);
    },
    async signOut() {
      const who = me();
      if (who) await onDevice(() => forgetAccount(who.id));
      // Marks and searches are about patients: the tab keeps them for nobody else.
      sessionStorage.clear();
      try {
        await api.delete('/api/session');
      } catch (error) {
        if (!(error instanceof ApiError) || error.kind !== 'unreachable') throw error;
        // The device is clean; the server is told as soon as there is a line.
        localStorage.setItem(LEAVING_KEY, '1');
      }
      leave();
    },
    onServerEvent(listener) {
      listeners.add(listener);
      onCleanup(() => listeners.delete(listener));
    },
    explain(error) {
      if (!(error instanceof ApiError)) return t('error.failed');
      const words = detailIn(error.detail, language()) ?? t(`error.${error.kind}`);
      return error.requestId === undefined ? words : `${words}${t('error.request', { id: error.requestId })}`;
    },
  };
}

/** Gives the app to what is inside. */
export function AppProvider(props: { children: JSX.Element }): JSX.Element {
  return <Context.Provider value={createApp()}>{props.children}</Context.Provider>;
}

/** The app. */
export function useApp(): App {
  const app = useContext(Context);
  if (!app) throw new Error('useApp outside AppProvider');
  return app;
}
